"""`/chat/completions`: the answer as chat.completion.chunk frames or as one chat.completion."""

from collections.abc import Iterator

from . import azure, conversation, usage
from .errors import Body
from .frames import DONE, Frame, data_frame, event_frame, obfuscation
from .reply import Reply

MAX_TOKENS_NAMES = ("max_completion_tokens", "max_tokens")

Json = dict[str, object]


def read(body: Body) -> conversation.Conversation:
    """The conversation of a request."""
    return conversation.from_messages(body)


def frames(reply: Reply) -> Iterator[Frame]:
    """The stream: Azure's filter chunk, the role, the deltas, the finish reason, the usage if asked for, `[DONE]`."""
    if reply.is_azure:
        yield data_frame(azure.FIRST_CHUNK)
    yield data_frame(_chunk(reply, 0, {"role": "assistant", **_opening(reply), "refusal": None}))
    for position, piece in enumerate(reply.reasoning):
        yield data_frame(_chunk(reply, position, {"reasoning_content": piece}, piece), 1)
    for position, piece in enumerate(reply.pieces):
        yield data_frame(_chunk(reply, position, _delta(reply, piece), piece), 1)
    yield data_frame(_chunk(reply, reply.completion_tokens, {}, finish_reason=reply.finish_reason))
    if reply.parameters.include_usage:
        yield data_frame({**_chunk(reply, 3, {}), "choices": [], "usage": usage.of(reply)})
    yield DONE


def document(reply: Reply) -> Json:
    """The answer to a request without `stream`."""
    message: Json = {"role": "assistant", "content": reply.text, "refusal": None, "annotations": []}
    if reply.reasoning:
        message["reasoning_content"] = "".join(reply.reasoning)
    if reply.tool_name:
        message |= {"content": None, "tool_calls": [_call(reply, reply.text)]}
    choice: Json = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}
    whole = {**_head(reply, "chat.completion"), "choices": [choice], "usage": usage.of(reply)}
    if reply.is_azure:
        choice["content_filter_results"] = azure.HARMLESS
        whole["prompt_filter_results"] = azure.PROMPT_FILTER_RESULTS
    return whole


def failure(reply: Reply, is_event: bool, _position: int) -> list[Frame]:
    """An error in mid-stream, as Groq (an event, then the end) or OpenRouter (in a chunk, then `[DONE]`) sends it."""
    message = "The model stopped in the middle of its answer."
    if is_event:
        return [event_frame("error", {"error": {"message": message, "type": "server_error", "code": "model_error"}})]
    chunk = _chunk(reply, 0, {"role": "assistant", "content": ""}, finish_reason="error")
    return [data_frame({**chunk, "error": {"code": 502, "message": message}}), DONE]


def _head(reply: Reply, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{reply.serial}",
        "object": kind,
        "created": reply.created,
        "model": reply.model,
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }


def _chunk(reply: Reply, position: int, delta: Json, piece: str = "", finish_reason: str | None = None) -> Json:
    choice: Json = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    chunk = {**_head(reply, "chat.completion.chunk"), "choices": [choice]}
    if reply.is_azure:
        choice["content_filter_results"] = azure.HARMLESS if piece else {}
    if reply.parameters.include_usage:
        chunk["usage"] = None
    if reply.parameters.include_obfuscation:
        chunk["obfuscation"] = obfuscation(position, piece)
    return chunk


def _opening(reply: Reply) -> Json:
    if reply.tool_name:
        return {"content": None, "tool_calls": [{"index": 0, **_call(reply, "")}]}
    return {"content": ""}


def _delta(reply: Reply, piece: str) -> Json:
    return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} if reply.tool_name else {"content": piece}


def _call(reply: Reply, arguments: str) -> Json:
    function = {"name": reply.tool_name, "arguments": arguments}
    return {"id": f"call_{reply.serial[:24]}", "type": "function", "function": function}

"""`/completions` (legacy): the answer as text_completion frames or as one text_completion."""

from collections.abc import Iterator

from . import azure, conversation, usage
from .errors import Body
from .frames import DONE, Frame, data_frame, event_frame
from .reply import Reply

MAX_TOKENS_NAMES = ("max_tokens",)

Json = dict[str, object]


def read(body: Body) -> conversation.Conversation:
    """The conversation of a request: its one prompt."""
    return conversation.from_prompt(body)


def frames(reply: Reply) -> Iterator[Frame]:
    """The stream: the pieces, the finish reason, the usage if asked for, `[DONE]`."""
    if reply.is_azure:
        yield data_frame(azure.FIRST_CHUNK)
    for piece in reply.pieces:
        yield data_frame(_chunk(reply, piece), 1)
    yield data_frame(_chunk(reply, "", reply.finish_reason))
    if reply.parameters.include_usage:
        yield data_frame({**_head(reply), "choices": [], "usage": usage.of(reply)})
    yield DONE


def document(reply: Reply) -> Json:
    """The answer to a request without `stream`."""
    return {**_head(reply), "choices": [_choice(reply.text, reply.finish_reason)], "usage": usage.of(reply)}


def failure(reply: Reply, is_event: bool, _position: int) -> list[Frame]:
    """An error in mid-stream: an event and the end, or a chunk with an error and `[DONE]`."""
    error = {"message": "The model stopped in the middle of its answer.", "type": "server_error", "code": None}
    if is_event:
        return [event_frame("error", {"error": error})]
    return [data_frame({**_chunk(reply, ""), "error": error}), DONE]


def _head(reply: Reply) -> Json:
    return {
        "id": f"cmpl-{reply.serial}",
        "object": "text_completion",
        "created": reply.created,
        "model": reply.model,
        "system_fingerprint": "fp_0123456789",
    }


def _chunk(reply: Reply, piece: str, finish_reason: str | None = None) -> Json:
    chunk = {**_head(reply), "choices": [_choice(piece, finish_reason)]}
    if reply.parameters.include_usage:
        chunk["usage"] = None
    return chunk


def _choice(text: str, finish_reason: str | None) -> Json:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish_reason}

"""A whole JSON answer as the events of a stream, for a client that has asked for one."""

import json
from collections.abc import Iterator
from typing import Any

DONE = b"data: [DONE]\n\n"


def as_events(answer: dict[str, Any]) -> bytes | None:
    """The bytes of the stream, in the API of the answer; None for an answer that no API streams.

    answer: a chat completion, a completion, a response of the Responses API, a message of Anthropic's, images, a
    transcript.
    """
    if isinstance(answer.get("choices"), list):
        return b"".join(_data(chunk) for chunk in _chunks(answer)) + DONE
    if answer.get("object") == "response":
        return b"".join(_named({"sequence_number": at, **event}) for at, event in enumerate(_response(answer)))
    if answer.get("type") == "message" and isinstance(answer.get("content"), list):
        return b"".join(_named(event) for event in _message(answer))
    if isinstance(answer.get("data"), list) and all("b64_json" in image for image in answer["data"]):
        shared = {name: value for name, value in answer.items() if name != "data"}
        return b"".join(_named({"type": "image_generation.completed", **shared, **image}) for image in answer["data"])
    if isinstance(answer.get("text"), str):
        return _named({**answer, "type": "transcript.text.done"})
    return None


def _data(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


def _named(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\n".encode() + _data(event)


def _chunks(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """For each choice, a chunk with all of it and a chunk with its finish reason; then the usage."""
    shared = {name: value for name, value in answer.items() if name not in ("choices", "usage")}
    if not any("text" in choice for choice in answer["choices"]):
        shared["object"] = "chat.completion.chunk"
    for at, choice in enumerate(answer["choices"]):
        chosen = {"index": at, **choice}
        reason, message = chosen.pop("finish_reason", None), chosen.pop("message", None)
        if message is not None:
            calls = [{"index": number, **call} for number, call in enumerate(message.get("tool_calls") or ())]
            chosen["delta"] = {"role": "assistant", **message, **({"tool_calls": calls} if calls else {})}
        yield {**shared, "choices": [{**chosen, "finish_reason": None}]}
        nothing: dict[str, Any] = {"text": ""} if message is None else {"delta": {}}
        last = {"index": chosen["index"], **nothing}
        yield {**shared, "choices": [{**last, "finish_reason": reason or "stop"}]}
    if answer.get("usage"):
        yield {**shared, "choices": [], "usage": answer["usage"]}


def _response(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for at, item in enumerate(answer.get("output") or ()):
        yield from _output_item(at, item)
    yield {"type": f"response.{answer.get('status', 'completed')}", "response": answer}


def _output_item(at: int, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    where = {"output_index": at, "item_id": item.get("id", f"item_{at}")}
    begun = {**item, "status": "in_progress"}
    emptied: dict[str, Any] = {"content": [], "summary": [], "arguments": ""}
    begun |= {name: empty for name, empty in emptied.items() if name in item}
    yield {"type": "response.output_item.added", "output_index": at, "item": begun}
    parts = item.get("content") or () if item.get("type") == "message" else ()
    for number, part in enumerate(parts):
        here = {**where, "content_index": number}
        kind, name = ("refusal", "refusal") if part.get("type") == "refusal" else ("output_text", "text")
        text = part.get(name) or ""
        yield {"type": "response.content_part.added", **here, "part": {**part, name: ""}}
        yield {"type": f"response.{kind}.delta", **here, "delta": text, "logprobs": []}
        yield {"type": f"response.{kind}.done", **here, name: text, "logprobs": []}
        yield {"type": "response.content_part.done", **here, "part": part}
    if item.get("type") == "function_call":
        yield {"type": "response.function_call_arguments.delta", **where, "delta": item.get("arguments", "")}
        yield {"type": "response.function_call_arguments.done", **where, "arguments": item.get("arguments", "")}
    yield {"type": "response.output_item.done", "output_index": at, "item": item}


def _message(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**answer, "content": [], "stop_reason": None, "stop_sequence": None}
    yield {"type": "message_start", "message": begun}
    for at, block in enumerate(answer["content"]):
        start, deltas = _block(block)
        yield {"type": "content_block_start", "index": at, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": at, "delta": delta}
        yield {"type": "content_block_stop", "index": at}
    ended = {"stop_reason": answer.get("stop_reason") or "end_turn", "stop_sequence": answer.get("stop_sequence")}
    yield {"type": "message_delta", "delta": ended, "usage": answer.get("usage") or {"output_tokens": 0}}
    yield {"type": "message_stop"}


def _block(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How a block begins, and the deltas that bring the rest of it."""
    match block.get("type"):
        case "text":
            return {**block, "text": ""}, [{"type": "text_delta", "text": block.get("text", "")}]
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": block.get("thinking", "")}]
            if block.get("signature"):
                deltas.append({"type": "signature_delta", "signature": block["signature"]})
            return {**block, "thinking": "", "signature": ""}, deltas
        case "tool_use" | "server_tool_use":
            written = json.dumps(block.get("input") or {})
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": written}]
    return block, []

"""The output items of a response (reasoning, then a message or a function call) and the events that build them up."""

from collections.abc import Iterator

from .frames import obfuscation
from .reply import Reply

Json = dict[str, object]
Event = tuple[str, Json, int]  # name, fields, tokens


def output(reply: Reply) -> list[Json]:
    """The items as they are at the end."""
    status = "completed" if reply.finish_reason in ("stop", "tool_calls") else "incomplete"
    items = [_reasoning(reply, [_summary("".join(reply.reasoning))])] if reply.reasoning else []
    if reply.tool_name:
        return [*items, _function_call(reply, status, reply.text)]
    return [*items, _message(reply, status, [_part(reply.text)])]


def events(reply: Reply) -> Iterator[Event]:
    """The events of all items, in order."""
    items = output(reply)
    if reply.reasoning:
        yield from _reasoning_events(reply, items[0])
    last = {"output_index": len(items) - 1}
    if reply.tool_name:
        yield "response.output_item.added", {**last, "item": _function_call(reply, "in_progress", "")}, 0
        yield from _call_events(reply, {**last, "item_id": f"fc_{reply.serial}"})
    else:
        yield "response.output_item.added", {**last, "item": _message(reply, "in_progress", [])}, 0
        yield from _message_events(reply, {**last, "item_id": f"msg_{reply.serial}", "content_index": 0})
    yield "response.output_item.done", {**last, "item": items[-1]}, 0


def _message_events(reply: Reply, place: Json) -> Iterator[Event]:
    yield "response.content_part.added", {**place, "part": _part("")}, 0
    for position, piece in enumerate(reply.pieces):
        delta = {**place, "delta": piece, "logprobs": [], **_padding(reply, position, piece)}
        yield "response.output_text.delta", delta, 1
    yield "response.output_text.done", {**place, "text": reply.text, "logprobs": []}, 0
    yield "response.content_part.done", {**place, "part": _part(reply.text)}, 0


def _call_events(reply: Reply, place: Json) -> Iterator[Event]:
    for position, piece in enumerate(reply.pieces):
        delta = {**place, "delta": piece, **_padding(reply, position, piece)}
        yield "response.function_call_arguments.delta", delta, 1
    yield "response.function_call_arguments.done", {**place, "name": reply.tool_name, "arguments": reply.text}, 0


def _reasoning_events(reply: Reply, item: Json) -> Iterator[Event]:
    place: Json = {"output_index": 0, "item_id": f"rs_{reply.serial}", "summary_index": 0}
    text = "".join(reply.reasoning)
    yield "response.output_item.added", {"output_index": 0, "item": _reasoning(reply, [])}, 0
    yield "response.reasoning_summary_part.added", {**place, "part": _summary("")}, 0
    for position, piece in enumerate(reply.reasoning):
        delta = {**place, "delta": piece, **_padding(reply, position, piece)}
        yield "response.reasoning_summary_text.delta", delta, 1
    yield "response.reasoning_summary_text.done", {**place, "text": text}, 0
    yield "response.reasoning_summary_part.done", {**place, "part": _summary(text)}, 0
    yield "response.output_item.done", {"output_index": 0, "item": item}, 0


def _message(reply: Reply, status: str, content: list[Json]) -> Json:
    return {
        "id": f"msg_{reply.serial}",
        "type": "message",
        "status": status,
        "content": content,
        "role": "assistant",
    }


def _function_call(reply: Reply, status: str, arguments: str) -> Json:
    return {
        "id": f"fc_{reply.serial}",
        "type": "function_call",
        "status": status,
        "arguments": arguments,
        "call_id": f"call_{reply.serial[:24]}",
        "name": reply.tool_name,
    }


def _reasoning(reply: Reply, summary: list[Json]) -> Json:
    return {"id": f"rs_{reply.serial}", "type": "reasoning", "summary": summary}


def _part(text: str) -> Json:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _summary(text: str) -> Json:
    return {"type": "summary_text", "text": text}


def _padding(reply: Reply, position: int, piece: str) -> Json:
    return {"obfuscation": obfuscation(position, piece)} if reply.parameters.include_obfuscation else {}

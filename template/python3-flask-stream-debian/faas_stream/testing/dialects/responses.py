"""OpenAI's Responses."""

from collections.abc import Iterator
from typing import Any

from faas_stream.testing.dialects import base
from faas_stream.testing.dialects.base import Piece
from faas_stream.testing.replies import HttpError, Reasoning, ScriptError, Stream, ToolCall

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def pieces(reply: Stream, request: dict[str, Any]) -> Iterator[Piece]:
    events = _Events()
    output = _output(reply)
    status = _status(reply)
    opening = _response(reply, request, [], "in_progress")
    yield events.frame("response.created", response=opening) + events.frame("response.in_progress", response=opening)
    position = 0
    groups = list(_groups(reply))
    for group in groups:
        if not isinstance(group[0], str | Reasoning | ToolCall):
            yield group[0]
            continue
        is_left_open = reply.end is not None and group is groups[-1]
        yield from _item_events(events, position, group, output[position], is_left_open=is_left_open)
        position += 1
    if reply.end is not None:
        yield from base.end_early(
            reply, lambda error: events.frame("error", code=error.code, message=error.message, param=None)
        )
        return
    yield events.frame(f"response.{status}", response=_response(reply, request, output, status))


def document(reply: Stream, request: dict[str, Any]) -> dict[str, Any]:
    return _response(reply, request, _output(reply), _status(reply))


def error(error: HttpError) -> dict[str, Any]:
    return base.openai_error(error)


class _Events:
    """Numbers the events of a stream."""

    def __init__(self) -> None:
        self._number = -1

    def frame(self, name: str, /, **fields: Any) -> bytes:
        self._number += 1
        return base.frame({"type": name, "sequence_number": self._number, **fields}, name)


def _groups(reply: Stream) -> Iterator[list[Any]]:
    """The items of each output item: neighbouring deltas of text, or of reasoning, form one. A pause after the first
    delta belongs to the item as well."""
    group: list[Any] = []
    for item in reply.items:
        is_pause = not isinstance(item, str | Reasoning | ToolCall)
        if group and (is_pause or (type(item) is type(group[0]) and not isinstance(item, ToolCall))):
            group.append(item)
            continue
        if group:
            yield group
        group = [item]
        if is_pause:
            yield group
            group = []
    if group:
        yield group


def _output(reply: Stream) -> list[dict[str, Any]]:
    """The output items as they are at the end."""
    items: list[dict[str, Any]] = []
    ids = [id for _index, id in base.numbered_calls(reply).values()]
    for group in _groups(reply):
        first, number = group[0], len(items)
        if isinstance(first, str):
            text = "".join(piece for piece in group if isinstance(piece, str))
            part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
            items.append(_message(number, "completed", [part]))
        elif isinstance(first, Reasoning):
            text = "".join(piece.text for piece in group if isinstance(piece, Reasoning))
            summary = [{"type": "summary_text", "text": text}]
            items.append({"id": f"rs_{number}", "type": "reasoning", "summary": summary})
        elif isinstance(first, ToolCall):
            items.append(
                {
                    "id": f"fc_{number}",
                    "type": "function_call",
                    "status": "completed",
                    "call_id": ids.pop(0),
                    "name": first.name,
                    "arguments": base.arguments(first),
                }
            )
    return items


def _item_events(
    events: _Events, position: int, group: list[Any], done: dict[str, Any], *, is_left_open: bool
) -> Iterator[Piece]:
    """The events of one output item. is_left_open: the reply ends in the middle of the item."""
    at = {"output_index": position}
    inside = {**at, "item_id": done["id"]}
    if done["type"] == "message":
        part = {**inside, "content_index": 0}
        empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield events.frame(
            "response.output_item.added", **at, item=_message(position, "in_progress", [])
        ) + events.frame("response.content_part.added", **part, part=empty)
        for piece in group:
            is_text = isinstance(piece, str)
            yield events.frame("response.output_text.delta", **part, delta=piece, logprobs=[]) if is_text else piece
        text = done["content"][0]["text"]
        end = events.frame("response.output_text.done", **part, text=text, logprobs=[])
        end += events.frame("response.content_part.done", **part, part=done["content"][0])
    elif done["type"] == "reasoning":
        part = {**inside, "summary_index": 0}
        yield events.frame("response.output_item.added", **at, item={**done, "summary": []}) + events.frame(
            "response.reasoning_summary_part.added", **part, part={"type": "summary_text", "text": ""}
        )
        for piece in group:
            is_thought = isinstance(piece, Reasoning)
            delta = piece.text if is_thought else ""
            yield events.frame("response.reasoning_summary_text.delta", **part, delta=delta) if is_thought else piece
        end = events.frame("response.reasoning_summary_text.done", **part, text=done["summary"][0]["text"])
        end += events.frame("response.reasoning_summary_part.done", **part, part=done["summary"][0])
    else:
        empty = {**done, "status": "in_progress", "arguments": ""}
        yield events.frame("response.output_item.added", **at, item=empty)
        yield events.frame("response.function_call_arguments.delta", **inside, delta=done["arguments"])
        yield from group[1:]
        end = events.frame(
            "response.function_call_arguments.done", **inside, name=done["name"], arguments=done["arguments"]
        )
    if not is_left_open:
        yield end + events.frame("response.output_item.done", **at, item=done)


def _message(number: int, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": f"msg_{number}", "type": "message", "status": status, "role": "assistant", "content": content}


def _status(reply: Stream) -> str:
    if reply.finish_reason in ("stop", "tool_calls"):
        return "completed"
    if reply.finish_reason in _INCOMPLETE:
        return "incomplete"
    raise ScriptError(
        f"upstream has FinishReason({reply.finish_reason!r}), but OpenAI's Responses API, which the handler uses, has "
        f"only stop, tool_calls, {', '.join(_INCOMPLETE)}"
    )


def _response(reply: Stream, request: dict[str, Any], output: list[dict[str, Any]], status: str) -> dict[str, Any]:
    is_over = status != "in_progress"
    prompt, completion = reply.usage.prompt_tokens, reply.usage.completion_tokens
    usage = {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + completion,
    }
    reason = _INCOMPLETE.get(reply.finish_reason)
    return {
        "id": "resp_test",
        "object": "response",
        "created_at": base.CREATED,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": reason} if status == "incomplete" else None,
        "instructions": request.get("instructions"),
        "metadata": {},
        "model": request.get("model") or "test-model",
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": usage if is_over else None,
    }

"""OpenAI's Chat Completions, also Azure's."""

from collections.abc import Iterator
from typing import Any

from faas_stream.testing.dialects import base
from faas_stream.testing.dialects.base import Piece
from faas_stream.testing.replies import HttpError, Reasoning, Stream, ToolCall


def pieces(reply: Stream, request: dict[str, Any]) -> Iterator[Piece]:
    calls = base.numbered_calls(reply)
    role: dict[str, Any] = {"role": "assistant"}
    for position, item in enumerate(reply.items):
        if isinstance(item, str):
            yield _chunk(request, {**role, "content": item})
        elif isinstance(item, Reasoning):
            yield _chunk(request, {**role, "reasoning_content": item.text})
        elif isinstance(item, ToolCall):
            index, id = calls[position]
            function = {"name": item.name, "arguments": ""}
            call = {"index": index, "id": id, "type": "function", "function": function}
            yield _chunk(request, {**role, "tool_calls": [call]})
            more = {"index": index, "function": {"arguments": base.arguments(item)}}
            yield _chunk(request, {"tool_calls": [more]})
        else:
            yield item
            continue
        role = {}
    if reply.end is not None:
        yield from base.end_early(reply, base.openai_error_frame)
        return
    end = _chunk(request, role, reply.finish_reason)
    if base.sends_usage(reply, request):
        end += base.frame({**_head(request), "choices": [], "usage": base.openai_usage(reply)})
    yield end + base.DONE


def document(reply: Stream, request: dict[str, Any]) -> dict[str, Any]:
    calls = base.numbered_calls(reply)
    message: dict[str, Any] = {"role": "assistant", "content": "".join(i for i in reply.items if isinstance(i, str))}
    if thoughts := "".join(item.text for item in reply.items if isinstance(item, Reasoning)):
        message["reasoning_content"] = thoughts
    if calls:
        message["tool_calls"] = [
            {
                "id": id,
                "type": "function",
                "function": {"name": reply.items[at].name, "arguments": base.arguments(reply.items[at])},
            }
            for at, (_index, id) in calls.items()
        ]
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}
    return {**_head(request), "object": "chat.completion", "choices": [choice], "usage": base.openai_usage(reply)}


def error(error: HttpError) -> dict[str, Any]:
    return base.openai_error(error)


def _head(request: dict[str, Any]) -> dict[str, Any]:
    model = request.get("model") or "test-model"
    return {"id": "chatcmpl-test", "object": "chat.completion.chunk", "created": base.CREATED, "model": model}


def _chunk(request: dict[str, Any], delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return base.frame({**_head(request), "choices": [choice]})

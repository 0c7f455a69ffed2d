"""Anthropic's Messages."""

from collections.abc import Iterator
from typing import Any

from faas_stream.sources.values import parse_json
from faas_stream.testing.dialects import base
from faas_stream.testing.dialects.base import Piece
from faas_stream.testing.replies import HttpError, Reasoning, Stream, StreamError, ToolCall

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def pieces(reply: Stream, request: dict[str, Any]) -> Iterator[Piece]:
    yield _event("message_start", message=_message(reply, request, [], None, output_tokens=0))
    calls = base.numbered_calls(reply)
    index, open_kind = -1, ""
    for position, item in enumerate(reply.items):
        if not isinstance(item, str | Reasoning | ToolCall):
            yield item
            continue
        kind = "text" if isinstance(item, str) else "thinking" if isinstance(item, Reasoning) else "tool_use"
        wire = b""
        if kind != open_kind or kind == "tool_use":
            wire += _event("content_block_stop", index=index) if open_kind else b""
            index, open_kind = index + 1, kind
            wire += _event("content_block_start", index=index, content_block=_empty_block(item, calls.get(position)))
        yield wire + _event("content_block_delta", index=index, delta=_delta(item))
    if reply.end is not None:
        yield from base.end_early(reply, _error_frame)
        return
    stop = _event("content_block_stop", index=index) if open_kind else b""
    delta = {"stop_reason": _stop_reason(reply), "stop_sequence": None}
    usage = {"output_tokens": reply.usage.completion_tokens}
    yield stop + _event("message_delta", delta=delta, usage=usage) + _event("message_stop")


def document(reply: Stream, request: dict[str, Any]) -> dict[str, Any]:
    calls = base.numbered_calls(reply)
    content: list[dict[str, Any]] = []
    for position, item in enumerate(reply.items):
        if isinstance(item, str) and content and content[-1]["type"] == "text":
            content[-1]["text"] += item
        elif isinstance(item, str):
            content.append({"type": "text", "text": item})
        elif isinstance(item, Reasoning):
            content.append({"type": "thinking", "thinking": item.text, "signature": "test"})
        elif isinstance(item, ToolCall):
            content.append({**_empty_block(item, calls[position]), "input": parse_json(base.arguments(item))})
    return _message(reply, request, content, _stop_reason(reply), output_tokens=reply.usage.completion_tokens)


def error(error: HttpError) -> dict[str, Any]:
    kind = _ERROR_TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": error.message}}


def _event(name: str, **fields: Any) -> bytes:
    return base.frame({"type": name, **fields}, name)


def _message(
    reply: Stream,
    request: dict[str, Any],
    content: list[dict[str, Any]],
    stop_reason: str | None,
    *,
    output_tokens: int,
) -> dict[str, Any]:
    return {
        "id": "msg_test",
        "type": "message",
        "role": "assistant",
        "model": request.get("model") or "test-model",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": reply.usage.prompt_tokens, "output_tokens": output_tokens},
    }


def _empty_block(item: str | Reasoning | ToolCall, numbered: tuple[int, str] | None) -> dict[str, Any]:
    if isinstance(item, str):
        return {"type": "text", "text": ""}
    if isinstance(item, Reasoning):
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {"type": "tool_use", "id": numbered[1] if numbered else "", "name": item.name, "input": {}}


def _delta(item: str | Reasoning | ToolCall) -> dict[str, Any]:
    if isinstance(item, str):
        return {"type": "text_delta", "text": item}
    if isinstance(item, Reasoning):
        return {"type": "thinking_delta", "thinking": item.text}
    return {"type": "input_json_delta", "partial_json": base.arguments(item)}


def _stop_reason(reply: Stream) -> str:
    return _STOP_REASONS.get(reply.finish_reason, reply.finish_reason)


def _error_frame(error: StreamError) -> bytes:
    return _event("error", error={"type": error.code, "message": error.message})

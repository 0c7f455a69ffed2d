"""OpenAI's legacy Completions, which have text alone."""

from collections.abc import Iterator
from typing import Any

from faas_stream.testing.dialects import base
from faas_stream.testing.dialects.base import Piece
from faas_stream.testing.replies import HttpError, Reasoning, Stream, ToolCall


def pieces(reply: Stream, request: dict[str, Any]) -> Iterator[Piece]:
    _check(reply)
    for item in reply.items:
        yield base.frame(_body(request, item, None)) if isinstance(item, str) else item
    if reply.end is not None:
        yield from base.end_early(reply, base.openai_error_frame)
        return
    end = base.frame(_body(request, "", reply.finish_reason))
    if base.sends_usage(reply, request):
        end += base.frame({**_body(request, "", None), "choices": [], "usage": base.openai_usage(reply)})
    yield end + base.DONE


def document(reply: Stream, request: dict[str, Any]) -> dict[str, Any]:
    _check(reply)
    text = "".join(item for item in reply.items if isinstance(item, str))
    return {**_body(request, text, reply.finish_reason), "usage": base.openai_usage(reply)}


def error(error: HttpError) -> dict[str, Any]:
    return base.openai_error(error)


def _check(reply: Stream) -> None:
    for item in reply.items:
        if isinstance(item, Reasoning | ToolCall):
            raise base.cannot_send(item, "OpenAI's legacy Completions API")


def _body(request: dict[str, Any], text: str, finish_reason: str | None) -> dict[str, Any]:
    return {
        "id": "cmpl-test",
        "object": "text_completion",
        "created": base.CREATED,
        "model": request.get("model") or "test-model",
        "choices": [{"index": 0, "text": text, "finish_reason": finish_reason, "logprobs": None}],
    }

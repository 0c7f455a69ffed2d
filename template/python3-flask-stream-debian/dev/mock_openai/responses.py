"""`/responses`: the answer as named events with sequence numbers, or as one response object."""

from collections.abc import Iterator

from . import conversation, response_items
from .errors import ApiError, Body
from .frames import Frame, event_frame
from .reply import Reply

MAX_TOKENS_NAMES = ("max_output_tokens",)

Json = dict[str, object]

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def read(body: Body) -> conversation.Conversation:
    """The conversation of a request."""
    if body.get("previous_response_id"):
        message = "The mock keeps no responses: send the whole conversation as 'input' instead."
        raise ApiError(400, message, param="previous_response_id", code="previous_response_not_found")
    return conversation.from_input(body)


def frames(reply: Reply) -> Iterator[Frame]:
    """The stream, from `response.created` to `response.completed` (or `.incomplete`) with the usage; no `[DONE]`."""
    for number, (name, fields, tokens) in enumerate(_events(reply)):
        is_closing = name in ("response.completed", "response.incomplete")
        event = {"type": name, "sequence_number": number, **fields}
        yield event_frame(name, event, tokens, is_closing=is_closing)


def document(reply: Reply) -> Json:
    """The answer to a request without `stream`, which is also the `response` of a stream's last event."""
    reason = _INCOMPLETE.get(reply.finish_reason)
    return {
        **_response(reply, "incomplete" if reason else "completed"),
        "incomplete_details": {"reason": reason} if reason else None,
        "output": response_items.output(reply),
        "usage": _usage(reply),
    }


def failure(reply: Reply, is_event: bool, position: int) -> list[Frame]:
    """An error in mid-stream: an `error` event, or `response.failed`."""
    error = {"code": "server_error", "message": "The model stopped in the middle of its answer."}
    if is_event:
        event: Json = {"type": "error", "sequence_number": position, **error, "param": None}
        return [event_frame("error", event)]
    response = {**_response(reply, "failed"), "error": error}
    event = {"type": "response.failed", "sequence_number": position, "response": response}
    return [event_frame("response.failed", event)]


def _events(reply: Reply) -> Iterator[response_items.Event]:
    started: Json = {"response": _response(reply, "in_progress")}
    yield "response.created", started, 0
    yield "response.in_progress", started, 0
    yield from response_items.events(reply)
    last = document(reply)
    yield f"response.{last['status']}", {"response": last}, 0


def _response(reply: Reply, status: str) -> Json:
    request = reply.request
    return {
        "id": f"resp_{reply.serial}",
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "max_output_tokens": reply.parameters.max_tokens,
        "max_tool_calls": None,
        "model": reply.model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": request.get("temperature", 1.0),
        "text": request.get("text") or {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": request.get("tool_choice") or "auto",
        "tools": request.get("tools") or [],
        "top_logprobs": 0,
        "top_p": request.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": request.get("metadata") or {},
    }


def _usage(reply: Reply) -> Json:
    return {
        "input_tokens": reply.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": reply.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": len(reply.reasoning)},
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
    }

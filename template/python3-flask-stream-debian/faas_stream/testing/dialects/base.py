"""What the dialects share: frames, and the arguments and ids of tool calls."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from faas_stream.testing.replies import Cut, HttpError, ScriptError, Silence, Stream, StreamError, ToolCall

Piece: TypeAlias = bytes | Silence | Cut
"""A piece of a reply: bytes to send, a pause, or the end by a cut."""

CREATED = 1_700_000_000
DONE = b"data: [DONE]\n\n"


def frame(data: object, event: str = "") -> bytes:
    """An event with JSON data."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {json.dumps(data)}\n\n".encode()


def arguments(call: ToolCall) -> str:
    """The arguments as JSON text."""
    return call.arguments if isinstance(call.arguments, str) else json.dumps(dict(call.arguments))


def numbered_calls(reply: Stream) -> dict[int, tuple[int, str]]:
    """The index and id of each ToolCall, by its position among the items."""
    positions = [position for position, item in enumerate(reply.items) if isinstance(item, ToolCall)]
    return {
        position: (number, reply.items[position].id or f"call_{number + 1}")
        for number, position in enumerate(positions)
    }


def end_early(reply: Stream, error_frame: Callable[[StreamError], bytes]) -> Iterator[Piece]:
    """What follows the items of a reply that ends in a StreamError, Cut or Silence."""
    if isinstance(reply.end, StreamError):
        yield error_frame(reply.end)
    elif reply.end is not None:
        yield reply.end


def openai_usage(reply: Stream) -> dict[str, int]:
    """The usage of OpenAI's older APIs."""
    prompt, completion = reply.usage.prompt_tokens, reply.usage.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def sends_usage(reply: Stream, request: dict[str, Any]) -> bool:
    """True if the stream has usage: the request asks for it, or the script names it."""
    return reply.states_usage or bool((request.get("stream_options") or {}).get("include_usage"))


def openai_error_frame(error: StreamError) -> bytes:
    return frame(openai_error(error))


def openai_error(error: HttpError | StreamError) -> dict[str, Any]:
    """The error object of OpenAI's APIs."""
    kind = "server_error" if isinstance(error, StreamError) or error.status >= 500 else "invalid_request_error"
    return {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}


def cannot_send(item: object, api: str) -> ScriptError:
    return ScriptError(f"upstream has {item!r}, but {api}, which the handler uses, has nothing of that kind")

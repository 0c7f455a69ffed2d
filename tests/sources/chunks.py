"""Made-up events of the APIs, as bytes of their streams."""

import json
from typing import Any


def chat(*choices: dict[str, Any], **members: Any) -> bytes:
    """A chunk of Chat Completions with these choices."""
    common = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return event({**common, "choices": list(choices), **members})


def choice(finish_reason: str | None = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    """A choice with this delta."""
    return {"index": index, "delta": delta, "finish_reason": finish_reason}


def call(**members: Any) -> bytes:
    """A chunk with one piece of a tool call. name and arguments are those of its function."""
    function = {name: members.pop(name) for name in ("name", "arguments") if name in members}
    return chat(choice(tool_calls=[{**members, "function": function}]))


def event(data: Any, name: str = "") -> bytes:
    """An event with this data as JSON."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def typed(type: str, **members: Any) -> bytes:
    """An event of the Responses API or of Anthropic's."""
    return event({"type": type, **members}, type)


DONE = b"data: [DONE]\n\n"
STOP = chat(choice("stop"))

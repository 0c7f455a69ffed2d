"""Pieces of tool calls in the shape of Chat Completions."""

from collections.abc import Mapping
from typing import Any


def is_usable(
    piece: Mapping[str, Any], function: Mapping[str, Any], arguments: object, call: Mapping[str, Any]
) -> bool:
    """True if clients read from upstream's piece of a tool call what `call` says."""
    if function is piece:  # clients look for name and arguments in a member `function`
        return False
    named = (piece.get("id"), function.get("name"))
    is_named_once = named == (call["id"], call["name"]) if "id" in call else not any(named)
    return is_named_once and piece.get("index") == call["index"] and (arguments or "") == call["arguments"]


def chat_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A piece of a tool call in the shape of Chat Completions."""
    if "id" not in call:
        return {"index": call["index"], "function": {"arguments": call["arguments"]}}
    function = {"name": call["name"], "arguments": call["arguments"]}
    return {"index": call["index"], "id": call["id"], "type": "function", "function": function}

"""What the model's server sends to an agent: a tool call, the answer to the tool's own request, and the answer."""

import json
from typing import Any

from tests.upstream import USAGE, Call, Script

ARGUMENTS = json.dumps({"question": "and you?"})


def converse(in_tool: Script, at_end: Script = lambda call: say(call, "Hel", "lo")) -> Script:
    """in_tool: answers the request of the tool. at_end: answers the request that follows the tool's result."""

    def script(call: Call) -> None:
        if not call.body.get("tools"):
            in_tool(call)
        elif call.body["messages"][-1]["role"] == "tool":
            at_end(call)
        else:
            call_tool(call)

    return script


def say(call: Call, *deltas: str) -> None:
    """A whole answer."""
    if not call.body.get("stream"):
        _answer_in_one_piece(call, {"role": "assistant", "content": "".join(deltas)}, "stop")
        return
    call.delta(*deltas)
    call.finish()


def call_tool(call: Call, id: str = "call_1", arguments: str = ARGUMENTS) -> None:
    """A whole answer that calls the request's first tool, in pieces."""
    name = call.body["tools"][0]["function"]["name"]
    function = {"name": name, "arguments": arguments}
    if not call.body.get("stream"):
        called = {"id": id, "type": "function", "function": function}
        _answer_in_one_piece(call, {"role": "assistant", "content": None, "tool_calls": [called]}, "tool_calls")
        return
    half = len(arguments) // 2
    for piece in (
        {"index": 0, "id": id, "type": "function", "function": {**function, "arguments": ""}},
        {"index": 0, "function": {"arguments": arguments[:half]}},
        {"index": 0, "function": {"arguments": arguments[half:]}},
    ):
        call.chunk({"tool_calls": [piece]})
    call.finish("tool_calls")


def cut(call: Call) -> None:
    """An answer whose transfer ends properly, but without its end."""
    call.delta("Hel")
    call.end()


def _answer_in_one_piece(call: Call, message: dict[str, Any], finish_reason: str) -> None:
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    common = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m"}
    call.refuse(200, {**common, "choices": [choice], "usage": USAGE})

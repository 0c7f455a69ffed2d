"""What the model's server says to an agent: a call of its tool, whose own request it answers, then the answer."""

import json

from tests.upstream import Call, Script

ARGUMENTS = json.dumps({"question": "and you?"})


def converse(in_tool: Script, at_end: Script = lambda call: say(call, "Hel", "lo")) -> Script:
    """in_tool: answers the request of the tool. at_end: answers the request that follows, or one without tools."""

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
    call.delta(*deltas)
    call.finish()


def call_tool(call: Call, id: str = "call_1", name: str = "consult", arguments: str = ARGUMENTS) -> None:
    """A whole answer that calls the tool, in pieces."""
    half = len(arguments) // 2
    for piece in (
        {"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": ""}},
        {"index": 0, "function": {"arguments": arguments[:half]}},
        {"index": 0, "function": {"arguments": arguments[half:]}},
    ):
        call.chunk({"tool_calls": [piece]})
    call.finish("tool_calls")


def cut(call: Call) -> None:
    """An answer whose transfer ends properly, but without its end."""
    call.delta("Hel")
    call.end()

"""Answers for the tests of formats: a handler's items, an agent's deltas, and an agent's round with a tool."""

from dataclasses import replace
from typing import Any

from faas_stream.framing import Event
from faas_stream.sources import Delta
from tests.sources.answers import FORMATS, Answer, read_items

ITEMS = ["Hi", "\n- a", {"hits": 3}, Event("half", "progress", "p1"), b"\x00\xff"]
FIRST = {"index": 0, "id": "c", "name": "f", "arguments": '{"a":'}
REST = {"index": 0, "arguments": "1}"}
CITATION = {"url": "u", "title": "T"}
RESULT = {"id": "c", "name": "f", "result": {"b": 2}}
STEP = {"name": "agent", "state": "started"}
USAGE = {"input_tokens": 1, "output_tokens": 2}
AGENT = Answer(
    deltas=[
        Delta(reasoning="hm"),
        Delta(tool_calls=[FIRST]),
        Delta(tool_calls=[REST]),
        Delta(tool_results=[RESULT]),
        Delta(text="a", citations=[CITATION]),
        Delta(steps=[STEP]),
        Delta(),
    ],
    finish_reason="stop",
    usage=USAGE,
)


def sent(name: str, items: Any = ITEMS, is_early: bool = False) -> str:
    """The bytes of these items. None stands for a failure."""
    format = FORMATS[name]()
    answer = read_items(item for item in items if item is not None)
    wire = format.start("x", 1, is_early) + b"".join(map(format.delta, answer.deltas))
    last = format.error("internal_error", "The function failed.") if None in items else format.end(None, None)
    return (wire + last).decode()


def of_an_agent(*deltas: Delta) -> list[Delta]:
    return [replace(delta, by_agent=True) for delta in deltas]


ROUND = of_an_agent(
    Delta(tool_calls=[FIRST]),
    Delta(tool_calls=[{"index": 0, "arguments": "1}"}]),
    Delta(value={"progress": 1}, has_value=True),
    Delta(tool_results=[{"id": "c", "name": "f", "result": "42"}]),
)
"""An agent that calls a tool and gets its result."""

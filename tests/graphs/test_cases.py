"""Recorded items of the packages, and items of the installed packages, bring the same deltas."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.graphs.cases import Case, answer, cases
from tests.graphs.encoding import decode
from tests.graphs.record import RECORDINGS
from tests.graphs.scripts import ARGUMENTS
from tests.sources.answers import Answer, read_items
from tests.upstream import USAGE, Upstream

CALL = [["call_1", "look", json.loads(ARGUMENTS)]]
RESULT = [{"id": "call_1", "name": "look", "result": "42"}]
PROGRESS = [{"progress": "and you?"}]
CITATIONS = [
    {"file": "docs/a.md", "snippet": "Every token arrives at once.", "score": 0.5, "title": "A"},
    {"url": "https://docs.test/b", "snippet": "None is lost."},
]
WRITTEN = "<write>"
INPUT, OUTPUT = USAGE["prompt_tokens"], USAGE["completion_tokens"]


class Expected(NamedTuple):
    """models: how many calls of a model are counted. steps: the nodes that have started, each also finished.

    in_any_order: several models speak at a time.
    """

    text: str = ""
    models: int = 0
    finish_reason: str | None = None
    calls: Any = ()
    results: Any = ()
    values: Any = ()
    citations: Any = ()
    steps: Any = ()
    in_any_order: bool = False


AGENT = Expected("Hello", 2, "stop", CALL, RESULT, steps=("model", "tools", "model"))
"""An agent whose steps are in the stream."""
SUMMARY = "SummarizationMiddleware.before_model"
SUMMARIZED = AGENT._replace(steps=(SUMMARY, "model", "tools", SUMMARY, "model"))
"""The model that summarizes the conversation has the tag `nostream`; only events have its usage."""

COPIED = Expected("<a><b>", 2, "stop", steps=("a", "b"))
"""The nodes return what their models have said in messages of their own."""

PLANNED = Expected("<plan>", 1, "interrupt", values=[{"approve": "this"}], steps=("plan", "ask"))
RESUMED = Expected("You said yes.", steps=("ask",))

REQUEST = {
    "action_requests": [
        {
            "name": "look", "args": {"question": "and you?"},
            "description": "Tool execution requires approval\n\nTool: look\nArgs: {'question': 'and you?'}",
        }
    ],
    "review_configs": [{"action_name": "look", "allowed_decisions": ["approve", "edit", "reject", "respond"]}],
}  # fmt: skip
ASKED = Expected("", 1, "interrupt", CALL, values=[REQUEST], steps=("model",))
APPROVED = Expected(
    "Hello", 1, "stop", CALL, RESULT, values=[],
    steps=("HumanInTheLoopMiddleware.after_model", "tools", "model", "HumanInTheLoopMiddleware.after_model"),
)  # fmt: skip
"""The middleware repeats the message that was sent before the person was asked. Only its call is sent again."""

EXPECTED = {
    "model": Expected("<chain>", 1, "stop"),
    "model-v3": Expected("<chain>", 1, "stop"),
    "chain": Expected("<chain>"),
    "chain-events": Expected("<chain>", 1, "stop"),
    "chain-of-two-models": Expected("<chain><chain>", 2, "stop", in_any_order=True),
    "retrieval": Expected("<chain>", citations=CITATIONS),
    "retrieval-of-messages": Expected("<chain>", 1, "stop", citations=CITATIONS),
    "agent-messages": AGENT._replace(steps=()),
    "agent-values": AGENT._replace(steps=()),
    "agent-updates": AGENT,
    "agent-custom": Expected(values=PROGRESS),
    "agent-tasks": AGENT,
    "agent-debug": AGENT,
    "agent-usual": AGENT._replace(values=PROGRESS),
    "agent-every": AGENT._replace(values=PROGRESS),
    "agent-v2": AGENT._replace(values=PROGRESS),
    "agent-subgraphs": AGENT._replace(values=PROGRESS),
    "agent-v3": AGENT._replace(steps=("model", "model")),
    "agent-events": AGENT,
    "agent-summarizing": SUMMARIZED._replace(values=PROGRESS),
    "agent-summarizing-events": SUMMARIZED._replace(models=4),
    "tool-error": Expected(
        "", 1, "stop", [["call_1", "fail", json.loads(ARGUMENTS)]],
        [{"id": "call_1", "name": "fail", "error": "It has failed."}], steps=("model", "tools"),
    ),
    "nested": Expected(WRITTEN, 2, "stop", steps=("research/inner", "research", "write")),
    "nested-updates": Expected(WRITTEN, 2, "stop", steps=("research/inner", "research", "write")),
    "nested-v2": Expected(WRITTEN, 2, "stop", steps=("research", "research/inner", "write")),
    "in-subgraph": Expected("<inner>", 1, "stop", steps=("write/inner", "write")),
    "in-subgraph-updates": Expected("<inner>", 1, "stop", steps=("write/inner", "write")),
    "in-subgraph-events": Expected("<inner>", 1, "stop", steps=("write", "write/inner")),
    "plain-updates": Expected("<a>bc", 1, "stop", steps=("a", "b", "c")),
    "plain-every": Expected("<a>bc", 1, "stop", steps=("a", "b", "c")),
    "copied-usual": COPIED,
    "copied-values": COPIED,
    "copied-messages": COPIED._replace(steps=()),
    "copied-every": COPIED,
    "copied-events": COPIED,
    "copied-v3": COPIED,
    "equal-updates": Expected("Yes.Yes.", steps=("a", "b")),
    "equal-every": Expected("Yes.Yes.", steps=("a", "b")),
    "functional-every": Expected("HI!", steps=("function", "shout")),
    "functional-v2": Expected("HI!", steps=("shout", "function")),
    "parallel": Expected("<a><b>", 2, "stop", steps=("a", "b"), in_any_order=True),
    "found-values": Expected("<rag>", citations=CITATIONS),
    "found-updates": Expected("<rag>", citations=CITATIONS, steps=("retrieve", "generate")),
    "found-usual": Expected("<rag>", 1, "stop", citations=CITATIONS, steps=("retrieve", "generate")),
    "interrupt-values": PLANNED._replace(steps=()),
    "resume-values": RESUMED._replace(steps=()),
    "interrupt-updates": PLANNED._replace(steps=("plan",)),
    "resume-updates": RESUMED,
    "interrupt-every": PLANNED,
    "resume-every": RESUMED,
    "interrupt-v2": PLANNED,
    "resume-v2": RESUMED,
    "interrupt-v3": PLANNED._replace(steps=("plan",)),
    "resume-v3": RESUMED,
    "interrupt-events": PLANNED,
    "resume-events": RESUMED,
    "ask-updates": ASKED,
    "approved-updates": APPROVED,
    "ask-usual": ASKED,
    "approved-usual": APPROVED,
    "ask-events": ASKED._replace(steps=("model", "HumanInTheLoopMiddleware.after_model")),
    "approved-events": APPROVED,
}  # fmt: skip


def check(items: list[Any], expected: Expected) -> None:
    result = read_items(items)
    in_order = sorted if expected.in_any_order else list
    assert result.end == "complete"
    assert in_order(result.text) == in_order(expected.text)
    assert [[*call[:2], json.loads(call[2])] for call in result.tool_calls] == list(expected.calls)
    assert result.tool_results == list(expected.results)
    assert result.values == list(expected.values)
    assert result.citations == list(expected.citations)
    assert result.finish_reason == expected.finish_reason
    counted = (result.usage or {}).get("input_tokens", 0), (result.usage or {}).get("output_tokens", 0)
    assert counted == (expected.models * INPUT, expected.models * OUTPUT)
    assert in_order(steps(result, "started")) == in_order(expected.steps)
    assert sorted(steps(result, "finished")) == sorted(expected.steps)


def steps(result: Answer, state: str) -> list[str]:
    return [
        "/".join((*step.get("path", ()), step["name"]))
        for delta in result.deltas
        for step in delta.steps
        if step["state"] == state
    ]


@pytest.mark.parametrize("name", EXPECTED)
def test_recorded_items_bring(name: str) -> None:
    check(decode(json.loads((RECORDINGS / f"{name}.json").read_text())["items"]), EXPECTED[name])


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def rounds() -> Iterator[list[dict[str, Case]]]:
    """The cases for the sync calls and for the async ones: graphs that resume have a state."""
    with Upstream(answer) as upstream:
        yield [cases(upstream.url), cases(upstream.url)]


@pytest.mark.filterwarnings("ignore:The v3 streaming protocol", "ignore:The method .* is in beta")
@pytest.mark.parametrize("name", EXPECTED)
def test_items_of_the_installed_packages_bring_the_same(
    rounds: list[dict[str, Case]], runner: asyncio.Runner, name: str
) -> None:
    sync, asynchronous = rounds
    check(sync[name].items(runner), EXPECTED[name])
    check(asynchronous[name].async_items(runner), EXPECTED[name])


def test_each_case_is_recorded_and_has_expectations(rounds: list[dict[str, Case]]) -> None:
    assert list(rounds[0]) == list(EXPECTED)
    assert sorted(path.stem for path in RECORDINGS.glob("*.json")) == sorted(EXPECTED)

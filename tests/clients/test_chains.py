"""npm's `useChat` reads what ask-docs and agent send besides text: sources, tool calls with results, and steps."""

from collections.abc import Iterator

import pytest

from tests.clients.catalogue import Nodes
from tests.clients.node import PACKAGES
from tests.clients.reports import Delta, End, Question
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.platform.running import Running
from tests.upstream import USAGE, Call, Upstream


def answer(call: Call) -> None:
    """Calls the calculator if it is there and was not called yet, then answers."""
    if call.body.get("tools") and call.body["messages"][-1]["role"] != "tool":
        function = {"name": "calculator", "arguments": '{"expression": "6 * 7"}'}
        call.chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": function}]})
        call.finish("tool_calls")
        return
    call.delta("It is", " so [1].")
    call.finish()


SCRIPT = answer


@pytest.fixture(scope="module")
def function(
    request: pytest.FixtureRequest, server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The function that the test names by indirection."""
    built = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / request.param)
    with serve(DIRECT, built, openai_base_url=server.url, docs_url="https://x.example/docs") as running:
        yield running


def ask(function: Running, nodes: Nodes, packages: str, prompt: str) -> tuple[str, End]:
    """The text and the end that useChat's transport gives."""
    reports = list(nodes(packages).ask("chatTransport", Question(function.url, prompt, query={"format": "ai-sdk"})))
    assert isinstance(reports[-1], End), reports[-1]
    return "".join(item.text for item in reports if isinstance(item, Delta)), reports[-1]


@pytest.mark.parametrize("packages", PACKAGES)
@pytest.mark.parametrize("function", ["ask-docs"], indirect=True)
@pytest.mark.usefixtures("upstream")
def test_use_chat_has_the_sections_as_sources(function: Running, nodes: Nodes, packages: str) -> None:
    text, end = ask(function, nodes, packages, "Why is max_inflight unset?")
    assert (text, end.reason, end.tokens) == ("It is so [1].", "stop", USAGE["total_tokens"])
    assert end.details["citations"][0] == {
        "url": "https://x.example/docs/platform.md#t5-max_inflight-loses-slots",
        "title": "The platform's traps › T5: max_inflight loses slots",
    }


@pytest.mark.parametrize("packages", PACKAGES)
@pytest.mark.parametrize("function", ["agent"], indirect=True)
@pytest.mark.usefixtures("upstream")
def test_use_chat_has_tool_calls_results_and_steps(function: Running, nodes: Nodes, packages: str) -> None:
    text, end = ask(function, nodes, packages, "What is 6 * 7?")
    assert (text, end.reason, end.tokens) == ("It is so [1].", "stop", 2 * USAGE["total_tokens"])
    assert [call["input"] for call in end.details["calls"]] == [{"expression": "6 * 7"}]
    assert end.details["results"] == [{"state": "output-available", "output": "42"}]
    assert end.details["steps"] == [
        f"{name} {state}" for name in ("model", "tools", "model") for state in ("started", "finished")
    ]

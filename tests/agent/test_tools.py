"""The agent's tools, and what happens if a tool fails or hangs."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, ToolException, tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import interrupt
from openai import DefaultAioHttpClient
from pydantic import SecretStr

from tests.function_modules import load
from tests.upstream import Call, Upstream

calculator = load("agent", "calculator")
ToolGuard = load("agent", "guard").ToolGuard
Options = load("agent", "options").Options


def answer(call: Call) -> None:
    """Calls the tool once, then answers with the tool's result."""
    last = call.body["messages"][-1]
    if last["role"] == "tool":
        call.delta(last["content"])
        call.finish()
        return
    function = {"name": call.body["tools"][0]["function"]["name"], "arguments": "{}"}
    call.chunk(
        {"role": "assistant", "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}
    )
    call.finish("tool_calls")


SCRIPT = answer


@pytest.fixture(scope="module")
def tools() -> dict[str, BaseTool]:
    read_sections = load("agent", "search.library").read_sections
    index = load("agent", "search.index").Index(read_sections(Path(__file__).parents[2] / "docs"))
    return {made.name: made for made in load("agent", "tools").make_tools(index)}


# The calculator


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(17 + 4) * 2", 42), ("2 ** 10", 1024), ("2^10", 1024), ("7 // 2 - -1", 4), ("7 % 4", 3), ("1e3 / 8", 125.0),
        ("sqrt(16) + max(1, 2)", 6.0), ("round(pi, 2)", 3.14), ("10 × 3 ÷ 5", 6.0), ("9 ** 300", 9**300),
        ("2 ** -1", 0.5), ("0 ** 99999", 0), ("1 ** 10 ** 9", 1), (" 1 ", 1),
    ],
)  # fmt: skip
def test_arithmetic_is_calculated(expression: str, value: float) -> None:
    assert calculator.calculate(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9", "10 ** 400", "(10**299) * (10**299)", "2 ** 99999 ** 99999", "1e308 * 10", "1e999", "(-8) ** 0.5",
        "1 / 0", "0 ** -1", "sqrt(-1)", "log(0)", "exp(1000)", "max()", "round(1, 2, 3)", "5 % 0",
    ],
)  # fmt: skip
def test_what_has_no_value_or_is_too_large_is_refused(expression: str) -> None:
    with pytest.raises(calculator.ArithmeticRefusedError):
        calculator.calculate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('id')", "open('/etc/passwd')", "(1).__class__", "[1] * 9", "'a' * 9", "lambda: 1",
        "x", "1 if 1 else 2", "True", "1 << 99999", "max(*[1])", "abs(x=1)", "1; 2", "", "1 +", "((((", "(" * 150,
        "-" * 199 + "1", "1" * 201, "\0", "1j", "f'{1}'",
    ],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused(expression: str) -> None:
    if expression == "-" * 199 + "1":
        assert calculator.calculate(expression) == -1
        return
    with pytest.raises(calculator.ArithmeticRefusedError):
        calculator.calculate(expression)


def test_a_refusal_says_what_was_expected() -> None:
    with pytest.raises(calculator.ArithmeticRefusedError, match="'x' is not arithmetic: expected numbers"):
        calculator.calculate("2 * x")


# The clock and the search


def test_the_clock_knows_time_zones(tools: dict[str, BaseTool]) -> None:
    assert tools["clock"].invoke({"time_zone": "Asia/Tokyo"}).endswith("JST (UTC+0900)")
    assert tools["clock"].invoke({}).endswith("UTC (UTC+0000)")


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../../etc/passwd", "/etc/passwd", "Europe", "\0", "a" * 5000])
def test_an_unknown_time_zone_is_refused(tools: dict[str, BaseTool], zone: str) -> None:
    with pytest.raises(ToolException, match=r"is unknown: expected one such as Europe/Berlin"):
        tools["clock"].invoke({"time_zone": zone})


def test_the_search_finds_sections(tools: dict[str, BaseTool]) -> None:
    found = json.loads(asyncio.run(tools["search_documents"].ainvoke({"query": "max_inflight"})))
    assert "T5: max_inflight loses slots" in found[0]["title"]
    assert "never gives its slot back" in found[0]["text"]
    assert asyncio.run(tools["search_documents"].ainvoke({"query": "banana bread"})) == "Nothing was found."


# The guard


def run(upstream: Upstream, tool: BaseTool, timeout_s: float = 60, **more: Any) -> list[Any]:
    """The messages of an agent that calls the tool once, and its interrupts."""

    async def invoke() -> dict[str, Any]:
        async with DefaultAioHttpClient() as http_client:
            key = SecretStr("k")
            model = ChatOpenAI(
                model="m", base_url=upstream.url, api_key=key, http_async_client=http_client, streaming=True
            )
            agent: Any = create_agent(model, [tool], middleware=[ToolGuard(timeout_s)], **more)
            asked = {"messages": [{"role": "user", "content": "go"}]}
            state: dict[str, Any] = await agent.ainvoke(asked, {"configurable": {"thread_id": "1"}})
            return state

    state = asyncio.run(invoke())
    return [*state["messages"], *state.get("__interrupt__", [])]


def test_the_model_learns_that_a_tool_has_failed_but_not_how(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    @tool
    def broken() -> str:
        """Fail."""
        raise RuntimeError(" ".join(["secret", "prompt"]))

    *_, result, last = run(upstream, broken)
    assert (result.status, result.content, last.content) == ("error", *["The tool broken failed."] * 2)
    log = capsys.readouterr().err
    assert "tool broken failed" in log
    assert "RuntimeError" in log
    assert "secret prompt" not in log


def test_the_model_gets_the_message_of_a_tool_that_refuses(upstream: Upstream) -> None:
    @tool
    def strict() -> str:
        """Refuse."""
        raise ToolException("Expected a number.")

    *_, result, last = run(upstream, strict)
    assert (result.status, last.content) == ("error", "Expected a number.")


@pytest.mark.parametrize("is_async", [True, False])
def test_a_tool_that_hangs_is_stopped(upstream: Upstream, is_async: bool, capsys: pytest.CaptureFixture[str]) -> None:
    release, cancelled = threading.Event(), threading.Event()

    @tool
    async def hangs() -> str:
        """Hang."""
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return ""

    @tool("hangs")
    def blocks() -> str:
        """Block the thread."""
        release.wait(20)
        return ""

    def release_and_answer(call: Call) -> None:
        if call.body["messages"][-1]["role"] == "tool":
            release.set()
        answer(call)

    upstream.script = release_and_answer
    *_, result, last = run(upstream, hangs if is_async else blocks, 0.05)
    assert (result.status, last.content) == ("error", "The tool hangs was stopped after 0.05 s.")
    assert cancelled.is_set() == is_async
    assert "tool hangs: stopped after tool_timeout, 0.05 s" in capsys.readouterr().err


def test_a_timeout_of_the_tools_own_is_a_failure(upstream: Upstream) -> None:
    @tool
    async def slow() -> str:
        """Time out."""
        raise TimeoutError

    assert run(upstream, slow)[-1].content == "The tool slow failed."


def test_an_interrupt_passes(upstream: Upstream) -> None:
    @tool
    def asks() -> str:
        """Ask a person."""
        return str(interrupt("Sure?"))

    assert run(upstream, asks, checkpointer=InMemorySaver())[-1].value == "Sure?"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tool_timeout": "0"}, "tool_timeout='0' cannot be read: expected a duration above 0"),
        ({"tool_timeout": "soon"}, "tool_timeout='soon' cannot be read"),
        ({"agent_max_steps": "0"}, "agent_max_steps='0' cannot be read: expected a whole number from 1 to 100"),
    ],
)
def test_an_option_that_cannot_be_read_is_named(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Options.of(settings)
    assert Options.of({"tool_timeout": "500ms"}).tool_timeout_s == 0.5

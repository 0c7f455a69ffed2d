"""Tool calls, steps, sources and reasoning, as agent and ask-docs send them through this function."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.upstream import Call, Upstream


def call_tool(call: Call) -> None:
    function = {"name": "calculator", "arguments": '{"expression": "6 * 7"}'}
    call.chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": function}]})
    call.finish("tool_calls")


def use_tool(call: Call) -> None:
    if call.body["messages"][-1]["role"] != "tool":
        call_tool(call)
        return
    call.delta("It is ", call.body["messages"][-1]["content"], ".")
    call.finish()


def cite(call: Call) -> None:
    call.delta("At most 13 flushes [1].")
    call.finish()


@pytest.fixture(scope="module")
def relay(
    request: pytest.FixtureRequest, built: Path, upstream_server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """chat in front of the function that the test names."""
    name: str = request.param
    folder = lay_out(tmp_path_factory.mktemp("build") / name, FUNCTIONS / name)
    with (
        serve(DIRECT, folder, openai_base_url=upstream_server.url, docs_dir=str(folder / "function/docs")) as other,
        serve(DIRECT, built, chat_upstream=other.url) as running,
    ):
        yield running.url


@pytest.fixture
def relayed(page: Page, relay: str, upstream: Upstream) -> Iterator[ChatPage]:  # noqa: ARG001 (as new)
    with Proxy(relay) as proxy:
        yield ChatPage(page, proxy.url()).open()


@pytest.mark.parametrize("relay", ["agent"], indirect=True)
def test_an_agents_tool_calls_have_their_results(relayed: ChatPage, upstream: Upstream) -> None:
    upstream.script = use_tool
    relayed.ask("What is 6 * 7?")
    expect(relayed.answer).to_have_text("It is 42.")
    tool = relayed.page.locator(".activity__part", has_text="calculator")
    expect(tool.locator("summary")).to_have_text("calculator done")
    expect(tool.locator("pre").first).to_be_hidden()
    tool.locator("summary").click()
    expect(tool.locator("pre")).to_have_text([re.compile(r'"expression": "6 \* 7"'), "42"])
    steps = relayed.page.locator(".activity__part", has_text="Steps")
    steps.locator("summary").click()
    expect(steps.locator("li").first).to_be_visible()
    assert violations(relayed.page) == []
    relayed.page.reload()
    expect(tool.locator("summary")).to_have_text("calculator done")
    with relayed.page.expect_download() as download:
        relayed.button("Export as Markdown").click()
    text = Path(download.value.path()).read_text()
    assert '### Tool calls\n\n- calculator `{"expression": "6 * 7"}`: `42`\n\nIt is 42.' in text


@pytest.mark.parametrize("relay", ["ask-docs"], indirect=True)
def test_the_sources_of_an_answer_are_numbered_and_kept(relayed: ChatPage, upstream: Upstream) -> None:
    upstream.script = cite
    relayed.ask("How much padding does a flush cost?")
    sources = relayed.page.locator(".sources__item")
    expect(sources.first).to_be_visible()
    count = sources.count()
    expect(sources.first).to_contain_text(re.compile(r"\b\w+\.md"))  # its file
    assert violations(relayed.page) == []
    relayed.page.reload()
    expect(sources).to_have_count(count)


def test_an_answer_that_is_only_a_tool_call_is_not_empty(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = call_tool
    scripted.ask("What is 6 * 7?")
    expect(scripted.page.locator(".activity__part summary")).to_have_text("calculator no result")
    expect(scripted.failure).to_have_count(0)


def test_another_tab_shows_tool_calls_too(scripted: ChatPage, upstream: Upstream) -> None:
    def slow(call: Call) -> None:
        call.chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "clock", "arguments": "{}"}}]})
        call.wait_for_disconnect()

    upstream.script = slow
    scripted.say("What time is it?")
    expect(scripted.page.locator(".activity__part summary")).to_have_text("clock running")
    other = ChatPage(scripted.page.context.new_page(), scripted.page.url).open()
    expect(other.page.locator(".activity__part summary")).to_have_text("clock running")
    scripted.stop_button.click()
    expect(other.page.locator(".activity__part summary")).to_have_text("clock no result")


def test_reasoning_is_folded_with_its_duration_and_is_markdown(scripted: ChatPage, upstream: Upstream) -> None:
    def reasons(call: Call) -> None:
        for piece in ("It is ", "**simple**."):
            call.chunk({"reasoning_content": piece})
        call.delta("Yes.")
        call.finish()

    upstream.script = reasons
    scripted.ask("Is it so?")
    expect(scripted.answer).to_have_text("Yes.")
    summary = scripted.page.locator(".reasoning summary")
    expect(summary).to_have_text(re.compile(r"^Thought for [\d.]+ m?s$"))
    expect(scripted.page.locator(".reasoning__text")).to_be_hidden()
    summary.click()
    expect(scripted.page.locator(".reasoning__text strong")).to_have_text("simple")

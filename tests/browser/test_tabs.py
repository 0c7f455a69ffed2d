"""Two tabs on one conversation: neither loses what the other does."""

import threading

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.browser.speaking import begins
from tests.upstream import Call, Upstream, says


class Steps:
    """A script of an upstream that sends one word per step that the test takes."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self._steps = threading.Semaphore(0)

    def __call__(self, call: Call) -> None:
        for word in self.words:
            assert self._steps.acquire(timeout=60)
            call.delta(word)
        assert self._steps.acquire(timeout=60)
        call.finish()

    def take(self, count: int = 1) -> None:
        self._steps.release(count)


COMPLAINTS = ["Failed to load", "Cross-Origin-Opener-Policy header has been ignored"]


@pytest.fixture(params=["127.0.0.1", "somewhere.test"], ids=["secure", "plain http"])
def host(request: pytest.FixtureRequest) -> str:
    """With and without a secure context, and so with and without Web Locks."""
    name: str = request.param
    return name


@pytest.fixture
def tabs(context: BrowserContext, scripted_proxy: Proxy, upstream: Upstream, host: str) -> tuple[ChatPage, ChatPage]:
    """Two tabs, the first with the conversation “Hello”, the second with the same one."""
    first = ChatPage(context.new_page(), scripted_proxy.url(host=host)).open()
    upstream.script = says("Good morning")
    first.ask("Hello")
    second = ChatPage(context.new_page(), first.page.url).open()
    expect(second.answer).to_have_text("Good morning")
    return first, second


def test_a_tab_shows_live_what_another_tab_receives(tabs: tuple[ChatPage, ChatPage], upstream: Upstream) -> None:
    first, second = tabs
    upstream.script = steps = Steps("One", " two", " three")
    first.say("Count")
    steps.take()
    expect(first.answer).to_have_text("One")
    expect(second.answer).to_have_text("One")
    expect(second.answer).to_have_attribute("aria-busy", "true")
    expect(second.stop_button).to_be_visible()
    steps.take()
    expect(second.answer).to_have_text("One two")
    late = ChatPage(first.page.context.new_page(), first.page.url).open()
    expect(late.answer).to_have_text("One two")
    expect(late.failure).to_have_count(0)
    steps.take(2)
    for tab in (first, second, late):
        expect(tab.answer).to_have_text("One two three")
        expect(tab.answer).to_have_attribute("aria-busy", "false")
        expect(tab.failure).to_have_count(0)


def test_no_second_request_is_sent_while_another_tab_receives(
    tabs: tuple[ChatPage, ChatPage], upstream: Upstream
) -> None:
    first, second = tabs
    upstream.script = steps = Steps("One")
    first.say("Count")
    steps.take()
    expect(second.answer).to_have_text("One")
    expect(second.page.get_by_role("button", name="Try again")).to_have_count(0)
    second.say("And more")
    expect(second.page.locator("#refusal")).to_be_visible()
    steps.take()
    second.wait_for_end()
    assert len(upstream.calls) == 2
    upstream.script = says("More")
    second.prompt.press("Enter")
    expect(first.answer).to_have_text("More")


def test_a_tab_stops_what_another_tab_receives(tabs: tuple[ChatPage, ChatPage], upstream: Upstream) -> None:
    first, second = tabs

    upstream.script = begins("Endless")
    first.say("Talk")
    expect(second.answer).to_have_text("Endless")
    second.stop_button.click()
    assert upstream.wait_for_call(2).disconnected.wait(30)
    for tab in tabs:
        expect(tab.failure).to_contain_text("Stopped.")
        expect(tab.answer).to_have_text("Endless")


def test_an_answer_is_cut_off_once_its_tab_is_gone(tabs: tuple[ChatPage, ChatPage], upstream: Upstream) -> None:
    first, second = tabs
    upstream.script = steps = Steps("One", " two")
    first.say("Count")
    steps.take()
    expect(second.answer).to_have_text("One")
    # As if the tab's process were killed: what the page does at its end has no effect.
    first.page.evaluate("""() => {
        BroadcastChannel.prototype.postMessage = () => {};
        IDBObjectStore.prototype.put = () => {};
    }""")
    first.page.close()
    expect(second.failure).to_contain_text("The answer was cut off.")
    expect(second.answer).to_have_text("One")
    steps.take(2)
    upstream.script = says(" two")
    second.button("Continue the answer").click()
    second.wait_for_end()
    expect(second.answer).to_have_text("One two")


def test_versions_of_two_tabs_are_all_kept(tabs: tuple[ChatPage, ChatPage], upstream: Upstream) -> None:
    first, second = tabs
    for tab, text in ((first, "From the first tab"), (second, "From the second tab")):
        upstream.script = says(text)
        tab.button("Try again").click()
        tab.wait_for_end()
        expect(tab.answer).to_have_text(text)
    expect(first.answer).to_have_text("From the second tab")
    expect(first.answers.last).to_contain_text("3/3")
    first.button("Previous version").click()
    expect(first.answer).to_have_text("From the first tab")
    first.page.reload()
    expect(first.answers.last).to_contain_text("2/3")
    expect(first.answer).to_have_text("From the first tab")


def test_a_deletion_in_one_tab_is_undone_in_the_other(tabs: tuple[ChatPage, ChatPage]) -> None:
    first, second = tabs
    second.prompt.fill("Half a thought")
    first.choose("Hello", "Delete")
    expect(second.messages).to_have_count(0)
    expect(second.page.locator(".conversations__link")).to_have_count(0)
    second.button("Undo").click()
    expect(second.answer).to_have_text("Good morning")
    expect(second.prompt).to_have_value("Half a thought")
    expect(first.page.locator(".conversations__link")).to_have_text(["Hello"])
    expect(first.page.locator("#toast")).to_be_hidden()


def test_two_tabs_show_the_same_conversations(chat: ChatPage) -> None:
    other = chat.page.context.new_page()
    second = ChatPage(other, chat.url).open()
    chat.ask("echo: From the first tab")
    other.get_by_role("link", name="echo: From the first tab").click()
    expect(second.answer).to_have_text("From the first tab")
    second.ask("echo: From the second tab")
    expect(chat.answer).to_have_text("From the second tab")

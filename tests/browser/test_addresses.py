"""The page works at any address, behind each watchdog, and with a message or a conversation in its address."""

import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.browser.speaking import begins
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.upstream import Call, Upstream


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", ["/function/chat", "/function/chat.some-namespace", "/deep/under/another"])
def test_the_page_works_under_any_prefix_with_and_without_a_slash(
    page: Page, mocked_function: str, prefix: str, slash: str
) -> None:
    with Proxy(mocked_function, prefix) as proxy:
        chat = ChatPage(page, proxy.url(slash)).open()
        chat.ask("echo: Here")
        expect(chat.answer).to_have_text("Here")
        assert page.url.startswith(proxy.url(slash) + "#")
        assert {seen.path for seen in proxy.questions()} == {f"{prefix}{slash}?format=json"}


def test_the_page_works_at_the_root(page: Page, mocked_function: str) -> None:
    chat = ChatPage(page, f"{mocked_function}/").open()
    chat.ask("echo: Here")
    expect(chat.answer).to_have_text("Here")


@pytest.mark.parametrize("complaints", [["Failed to load", "Cross-Origin-Opener-Policy header has been ignored"]])
def test_the_page_works_without_a_secure_context(page: Page, proxy: Proxy, complaints: list[str]) -> None:  # noqa: ARG001
    chat = ChatPage(page, proxy.url(host="somewhere.test")).open()
    assert page.evaluate("isSecureContext") is False
    chat.ask("echo: `copy me`")
    button = chat.answers.last.locator(".tools [data-do=copy]")
    button.click()
    expect(button).to_have_accessible_name("Copied")
    chat.prompt.press("Control+V")
    expect(chat.prompt).to_have_value("`copy me`")


def test_a_conversation_works_on_each_way_to_the_function(
    page: Page, way: Front, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    is_shown = threading.Event()

    def two_words(call: Call) -> None:
        call.delta("One")
        assert is_shown.wait(15), "the page has not shown the first word"
        call.delta(" two")
        call.finish()

    upstream.script = two_words
    folder = lay_out(tmp_path_factory.mktemp("way") / "chat", FUNCTIONS / "chat")
    with serve(way, folder, openai_base_url=upstream.url) as function:
        chat = ChatPage(page, function.url).open()
        chat.say("Count")
        expect(chat.answer).to_have_text("One")
        is_shown.set()
        chat.wait_for_end()
        expect(chat.answer).to_have_text("One two")
        upstream.script = begins("Endless")
        chat.say("Go on")
        expect(chat.answer).to_have_text("Endless")
        chat.stop_button.click()
        assert upstream.wait_for_call(2).disconnected.wait(30)


def test_a_message_in_the_address_is_filled_in_and_not_sent(chat: ChatPage) -> None:
    chat.page.goto(f"{chat.url}?message=Hello%20there")
    chat.wait_until_ready()
    expect(chat.prompt).to_have_value("Hello there")
    expect(chat.messages).to_have_count(0)


@pytest.mark.parametrize("fragment", ["index", "nothing", "<b>", "%"])
def test_a_link_to_an_unknown_conversation_opens_a_new_one(chat: ChatPage, fragment: str) -> None:
    chat.ask("echo: One")
    chat.page.goto(f"{chat.url}#{fragment}")
    chat.page.reload()
    chat.wait_until_ready()
    expect(chat.messages).to_have_count(0)
    chat.ask("echo: Two")
    expect(chat.answer).to_have_text("Two")

"""The buttons of messages, the look of failures, the copy of a conversation, and its temperature."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.browser.speaking import begins
from tests.fronts import DIRECT, serve
from tests.upstream import Upstream, says


def test_every_icon_has_a_name_and_a_tooltip(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("One")
    scripted.ask("Count")
    scripted.button("Try again").click()
    scripted.wait_for_end()
    found = scripted.page.evaluate("""() => [...document.querySelectorAll("button:has(svg), .tools button")]
        .filter((button) => button.checkVisibility() && !button.textContent.trim())
        .map((button) => [button.getAttribute("aria-label"), button.title])""")
    assert {name for name, _ in found} >= {"Copy", "Edit", "Try again", "Tokens and times", "Previous version", "Send"}
    assert [name for name, tooltip in found if not name or not tooltip] == []


def test_only_what_has_failed_is_red(scripted: ChatPage, upstream: Upstream, scripted_proxy: Proxy) -> None:
    page = scripted.page
    upstream.script = begins("One")
    scripted.say("Count")
    expect(scripted.answer).to_have_text("One")
    scripted.stop_button.click()
    scripted.wait_for_end()
    assert not is_red(scripted)
    upstream.script = lambda call: call.refuse(429, headers=[("Retry-After", "30")])
    scripted.ask("Too much")
    expect(scripted.answers.last).to_contain_text("Too many requests.")
    assert not is_red(scripted)
    page.context.set_offline(True)
    scripted.ask("Offline")
    assert not is_red(scripted)
    page.context.set_offline(False)
    scripted_proxy.token = "x"
    scripted.ask("Locked")
    assert not is_red(scripted)
    scripted_proxy.token = None
    upstream.script = lambda call: call.refuse(500)
    scripted.ask("Fail")
    assert is_red(scripted)


def is_red(chat: ChatPage) -> bool:
    last = chat.answers.last.locator(".failure")
    expect(last).to_be_visible()
    return "failure--bad" in (last.get_attribute("class") or "")


@pytest.mark.parametrize("context_settings", [{"permissions": ["clipboard-read", "clipboard-write"]}])
def test_the_whole_conversation_is_copied_as_markdown(
    scripted: ChatPage,
    upstream: Upstream,
    context_settings: dict[str, Any],  # noqa: ARG001
) -> None:
    upstream.script = says("**Two**")
    files = [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"1\n"}]
    scripted.page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    expect(scripted.page.locator("#attachments li")).to_have_count(1)
    scripted.ask("One")
    scripted.button("Copy the conversation as Markdown").click()
    expect(scripted.status).to_have_text("Copied.")
    assert scripted.page.evaluate("navigator.clipboard.readText()") == (
        "# One\n\n## You\n\nOne\n\n### a.txt\n\n```\n1\n```\n\n## Answer (gpt-4o-mini)\n\n**Two**\n"
    )


def test_the_temperature_can_be_chosen_if_the_function_allows_it(page: Page, built: Any, upstream: Upstream) -> None:
    upstream.script = says("Yes")

    def sent() -> Any:
        return upstream.calls[-1].body["temperature"]

    with serve(DIRECT, built, openai_base_url=upstream.url, chat_temperature_editable="true") as function:
        chat = ChatPage(page, f"{function.url}/").open()
        field = page.get_by_label("Temperature of this conversation")
        chat.button("Settings").click()
        field.fill("3")
        chat.button("Done").click()
        expect(field).to_be_visible()  # the browser says what is wrong
        field.fill("0.2")
        chat.button("Done").click()
        expect(field).to_be_hidden()
        chat.ask("Hi")
        assert sent() == 0.2
        page.reload()
        chat.wait_until_ready()
        chat.ask("And now?")
        assert sent() == 0.2
        chat.button("Settings").click()
        expect(field).to_have_value("0.2")
        field.fill("")
        chat.button("Done").click()
        chat.ask("The usual")
        assert sent() == 1


def test_the_temperature_is_not_offered_if_it_is_fixed(scripted: ChatPage) -> None:
    scripted.button("Settings").click()
    expect(scripted.page.get_by_label("Temperature of this conversation")).to_be_hidden()

"""Enter sends a message, nothing that the reader has typed is lost, and a message that is not sent says why."""

import threading

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.browser.speaking import begins
from tests.upstream import Call, Upstream


def test_what_is_typed_before_the_scripts_are_ready_stays(page: Page, proxy: Proxy) -> None:
    chat = ChatPage(page, proxy.url())

    def type_first(route: Route) -> None:
        chat.prompt.fill("Before")
        route.continue_()

    page.route("**/app.js", type_first)
    chat.open()
    expect(chat.prompt).to_have_value("Before")
    page.reload()
    expect(chat.prompt).to_have_value("Before")


def test_drafts_are_kept_per_conversation_and_survive_a_reload(chat: ChatPage) -> None:
    page = chat.page
    chat.ask("echo: One")
    chat.prompt.fill("For the first")
    chat.button("New conversation").click()
    expect(chat.prompt).to_have_value("")
    chat.prompt.fill("For a new one")
    page.reload()
    expect(chat.prompt).to_have_value("For a new one")
    page.get_by_role("link", name="echo: One").click()
    expect(chat.prompt).to_have_value("For the first")
    page.reload()
    expect(chat.prompt).to_have_value("For the first")
    chat.ask("echo: Two")
    page.reload()
    chat.wait_until_ready()
    expect(chat.prompt).to_have_value("")
    chat.button("New conversation").click()
    expect(chat.prompt).to_have_value("For a new one")


def test_each_tab_keeps_its_own_draft(chat: ChatPage) -> None:
    other = ChatPage(chat.page.context.new_page(), chat.url).open()
    chat.prompt.fill("One")
    other.prompt.fill("Other")
    for tab, text in ((chat, "One"), (other, "Other")):
        tab.page.reload()
        expect(tab.prompt).to_have_value(text)


def test_a_message_in_the_address_leaves_it_once_it_is_sent(chat: ChatPage) -> None:
    page = chat.page
    page.goto(f"{chat.url}?message=echo:%20Hello")
    chat.wait_until_ready()
    expect(chat.prompt).to_have_value("echo: Hello")
    chat.prompt.fill("echo: Hello there")
    page.reload()
    expect(chat.prompt).to_have_value("echo: Hello there")
    chat.prompt.press("Enter")
    chat.wait_for_end()
    assert "message=" not in page.url
    page.reload()
    chat.wait_until_ready()
    expect(chat.prompt).to_have_value("")
    expect(chat.answer).to_have_text("Hello there")


def test_enter_during_an_answer_says_why_nothing_happens(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("Talking")
    scripted.say("Talk")
    expect(scripted.answer).to_have_text("Talking")
    scripted.say("Not yet")
    reason = scripted.page.locator("#refusal")
    expect(reason).to_contain_text("Not sent: an answer is still coming.")
    expect(scripted.status).to_contain_text("Not sent")
    expect(scripted.prompt).to_have_value("Not yet")
    scripted.stop_button.click()
    expect(reason).to_be_hidden()
    expect(scripted.prompt).to_have_value("Not yet")


@pytest.mark.parametrize("how", ["Escape", "Done"])
def test_escape_discards_the_changes_in_the_settings(chat: ChatPage, how: str) -> None:
    page = chat.page
    system = page.get_by_label("System prompt of this conversation")
    chat.button("Settings").click()
    system.fill("Speak like a pirate.")
    page.get_by_label("Dark").check()
    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        chat.button("Done").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("html")).to_have_attribute("data-theme", "auto" if how == "Escape" else "dark")
    chat.button("Settings").click()
    expect(system).to_have_value("Be brief." if how == "Escape" else "Speak like a pirate.")


def test_enter_sends_and_shift_enter_does_not(chat: ChatPage) -> None:
    height = chat.prompt.bounding_box()
    chat.prompt.press_sequentially("echo: one")
    chat.prompt.press("Shift+Enter")
    chat.prompt.press_sequentially("two")
    expect(chat.messages).to_have_count(0)
    chat.prompt.press("Enter")
    chat.wait_for_end()
    expect(chat.page.locator(".prompt__text")).to_have_text("echo: one\ntwo")
    expect(chat.prompt).to_have_value("")
    expect(chat.prompt).to_be_focused()
    assert height
    expect(chat.prompt).to_have_css("height", f"{height['height']:g}px")


def test_nothing_is_sent_while_an_answer_comes_or_nothing_is_written(scripted: ChatPage, upstream: Upstream) -> None:
    go_on = threading.Event()

    def slow(call: Call) -> None:
        call.delta("Wait")
        go_on.wait(60)
        call.finish()

    upstream.script = slow
    scripted.prompt.press("Enter")
    scripted.prompt.fill("  \n ")
    scripted.prompt.press("Enter")
    expect(scripted.messages).to_have_count(0)
    scripted.say("Once")
    expect(scripted.answer).to_have_text("Wait")
    scripted.say("Not yet")
    scripted.send_button.click(force=True)  # it says that it is disabled
    expect(scripted.prompt).to_have_value("Not yet")
    go_on.set()
    scripted.wait_for_end()
    assert len(upstream.calls) == 1
    scripted.prompt.press("Enter")
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Once", "Not yet"])

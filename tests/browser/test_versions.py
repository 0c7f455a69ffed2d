"""Versions of answers and messages: another try, and a message that is edited."""

import re

from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.speaking import begins
from tests.upstream import Upstream, says


def test_another_try_is_another_version_of_the_answer(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("First")
    scripted.ask("Hello")
    upstream.script = says("Second")
    scripted.button("Try again").click()
    scripted.wait_for_end()
    expect(scripted.answers).to_have_count(1)
    expect(scripted.answer).to_have_text("Second")
    expect(scripted.answers.last).to_contain_text("2/2")
    assert upstream.calls[1].messages == [("user", "Hello")]
    scripted.button("Previous version").click()
    expect(scripted.answer).to_have_text("First")
    expect(scripted.button("Next version")).to_be_focused()
    scripted.page.reload()
    expect(scripted.answer).to_have_text("First")
    scripted.ask("And now?")
    assert upstream.calls[2].messages == [("user", "Hello"), ("assistant", "First"), ("user", "And now?")]
    scripted.answers.first.get_by_role("button", name="Next version").click()
    expect(scripted.answers).to_have_count(1)
    expect(scripted.answer).to_have_text("Second")
    scripted.button("Previous version").click()
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Hello", "And now?"])


def test_a_message_is_edited_and_sent_again(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("First")
    scripted.ask("Hello")
    scripted.ask("What about this?")
    scripted.page.locator(".prompt").first.hover()
    scripted.page.locator(".prompt [data-do=edit]").first.click()
    editor = scripted.page.get_by_label("Edit your message").first
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Hello")
    editor.fill("Hello there")
    scripted.button("Cancel").click()
    expect(scripted.page.locator(".prompt__text").first).to_have_text("Hello")
    scripted.page.locator(".prompt [data-do=edit]").first.click()
    editor.fill("Good morning")
    upstream.script = says("Good morning to you")
    scripted.button("Send again").click()
    scripted.wait_for_end()
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Good morning"])
    expect(scripted.answer).to_have_text("Good morning to you")
    assert upstream.calls[2].messages == [("user", "Good morning")]
    scripted.button("Previous version").click()
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Hello", "What about this?"])
    expect(scripted.answers).to_have_text([re.compile("First"), re.compile("First")])


def test_escape_in_an_edit_ends_only_that(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("Talking")
    scripted.say("Talk")
    expect(scripted.answer).to_have_text("Talking")
    scripted.page.locator(".prompt").hover()
    scripted.button("Edit").click()
    scripted.page.keyboard.press("Escape")
    expect(scripted.page.get_by_label("Edit your message")).to_be_hidden()
    expect(scripted.stop_button).to_be_visible()
    scripted.stop_button.click()

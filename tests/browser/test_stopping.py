"""An answer that is stopped or ends at the length limit, and how it is continued."""

from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.speaking import begins, ends
from tests.upstream import Upstream, says


def test_stop_ends_the_answer_here_and_upstream(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("It begins")
    scripted.say("Talk")
    expect(scripted.answer).to_have_text("It begins")
    scripted.stop_button.click()
    assert upstream.wait_for_call().disconnected.wait(30)
    scripted.wait_for_end()
    expect(scripted.failure).to_contain_text("Stopped.")
    expect(scripted.answer).to_have_text("It begins")
    expect(scripted.prompt).to_be_focused()


def test_escape_stops_too(chat: ChatPage) -> None:
    chat.page.get_by_label("Model").select_option("mock-silence-first")
    chat.say("Hello")
    expect(chat.answers.locator(".waiting")).to_be_visible()
    chat.prompt.press("Escape")
    expect(chat.failure).to_contain_text("Stopped.")


def test_a_stopped_answer_continues_where_it_was_stopped(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("One, two")
    scripted.say("Count")
    expect(scripted.answer).to_have_text("One, two")
    scripted.stop_button.click()
    upstream.script = says(", three", ".")
    scripted.button("Continue the answer").click()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text("One, two, three.")
    *before, partial, wish = upstream.calls[1].messages
    assert before == [("user", "Count")]
    assert partial == ("assistant", "One, two")
    assert wish[0] == "user"
    scripted.ask("Thanks")
    assert upstream.calls[2].messages[1] == ("assistant", "One, two, three.")


def test_an_answer_at_the_length_limit_can_be_continued(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = ends("Half", reason="length")
    scripted.ask("Talk")
    expect(scripted.failure).to_contain_text("length limit")
    upstream.script = says(" and half")
    scripted.button("Continue the answer").click()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text("Half and half")
    expect(scripted.failure).to_have_count(0)

"""What is sent to the function, and how the rest of an answer is joined to its beginning."""

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.speaking import ends
from tests.upstream import Upstream, says

REFUSED = lambda call: call.refuse(500)  # noqa: E731 (a script)


def test_a_failed_turn_is_tried_again_with_its_prompt_once(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = REFUSED
    scripted.ask("Hello")
    scripted.button("Try again").click()
    scripted.wait_for_end()
    assert upstream.calls[-1].messages == [("user", "Hello")]
    scripted.ask("Hello")
    assert upstream.calls[-1].messages == [("user", "Hello")]
    upstream.script = says("Good morning")
    scripted.ask("Are you there?")
    assert upstream.calls[-1].messages == [("user", "Hello"), ("user", "Are you there?")]


@pytest.mark.parametrize(
    ("beginning", "rest", "whole"),
    [
        ("One, two", [", three"], "One, two, three"),
        ("One two", ["three"], "One two three"),
        ("One two", ["One", " two", " three"], "One two three"),
        ("It is a wond", ["It is a ", "wonderful day"], "It is a wonderful day"),
        ("It is over.", ["The end."], "It is over. The end."),
        ("Pi is 3.", ["14"], "Pi is 3.14"),
        ("日本", ["語です"], "日本語です"),
        ("It is", ["It", " is"], "It is"),
    ],
)
def test_the_rest_of_an_answer_joins_with_the_right_space(
    scripted: ChatPage, upstream: Upstream, beginning: str, rest: list[str], whole: str
) -> None:
    upstream.script = ends(beginning, reason="length")
    scripted.ask("Talk")
    upstream.script = says(*rest)
    scripted.button("Continue the answer").click()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text(whole)
    assert upstream.calls[-1].messages[:2] == [("user", "Talk"), ("assistant", beginning)]


def test_a_new_conversation_keeps_the_model_that_was_chosen_last(chat: ChatPage) -> None:
    model = chat.page.get_by_label("Model")
    model.select_option("mock")
    chat.button("New conversation").click()
    expect(model).to_have_value("mock")
    chat.page.goto("about:blank")
    chat.open()
    expect(model).to_have_value("mock")
    chat.ask("echo: Hello")
    expect(chat.answers.last.locator(".answer__facts")).to_contain_text("mock ")
    model.select_option("mock-fast")
    chat.button("New conversation").click()
    expect(model).to_have_value("mock-fast")
    chat.page.get_by_role("link", name="echo: Hello").click()
    expect(model).to_have_value("mock-fast")

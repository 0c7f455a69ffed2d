"""A conversation: what of an answer is shown, and what is sent with each message."""

import re
import threading

from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.upstream import Call, Upstream, says


def test_an_answer_appears_token_by_token(scripted: ChatPage, upstream: Upstream) -> None:
    shown = threading.Semaphore(0)

    def one_by_one(call: Call) -> None:
        for word in ("One", " two", " three"):
            call.delta(word)
            assert shown.acquire(timeout=60), "the page has not shown the last word"
        call.finish()

    upstream.script = one_by_one
    scripted.say("Count")
    for text in ("One", "One two", "One two three"):
        expect(scripted.answer).to_have_text(text)
        expect(scripted.answer).to_have_attribute("aria-busy", "true")
        shown.release()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_attribute("aria-busy", "false")
    assert upstream.calls[0].messages == [("user", "Count")]


def test_the_whole_conversation_is_sent_with_each_message(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("Hello", " Ada.")
    scripted.ask("I am Ada")
    scripted.ask("Who am I?")
    expected = [("user", "I am Ada"), ("assistant", "Hello Ada."), ("user", "Who am I?")]
    assert upstream.calls[1].messages == expected


def test_an_answer_goes_on_while_another_conversation_is_open(scripted: ChatPage, upstream: Upstream) -> None:
    go_on = threading.Event()

    def slow(call: Call) -> None:
        call.delta("Slow")
        assert go_on.wait(60)
        call.delta(" but sure")
        call.finish()

    upstream.script = slow
    scripted.say("Take your time")
    expect(scripted.answer).to_have_text("Slow")
    scripted.button("New conversation").click()
    expect(scripted.messages).to_have_count(0)
    expect(scripted.stop_button).to_be_hidden()
    scripted.page.get_by_role("link", name="Take your time").click()
    expect(scripted.answer).to_have_text("Slow")
    expect(scripted.stop_button).to_be_visible()
    scripted.button("New conversation").click()
    go_on.set()
    expect(scripted.page.locator(".conversations__link--running")).to_have_count(0)
    scripted.page.get_by_role("link", name="Take your time").click()
    expect(scripted.answer).to_have_text("Slow but sure")
    assert len(upstream.calls) == 1


def test_reasoning_is_separate_from_the_answer(chat: ChatPage) -> None:
    chat.page.get_by_label("Model").select_option("mock-reasoning")
    chat.ask("Is it so?")
    expect(chat.answer).not_to_contain_text("step by step")
    thoughts = chat.answers.last.locator(".reasoning__text")
    expect(thoughts).to_be_hidden()
    chat.page.locator(".reasoning summary").click()
    expect(thoughts).to_contain_text("step by step")


def test_the_small_print_has_tokens_and_times(chat: ChatPage) -> None:
    chat.ask("Hello")
    facts = chat.answers.last.locator(".answer__facts")
    expect(facts).to_have_text(
        re.compile(
            r"^mock-fast\s· \d+ tokens in, \d+ out\s· first token after [\d.]+ m?s\s· [\d.]+ m?s in total"
            r"\s· [\d.,]+ tokens per second$"
        )
    )
    expect(facts).to_be_hidden()
    chat.button("Tokens and times").click()
    expect(facts).to_be_visible()


def test_a_note_says_how_many_messages_were_left_out(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("word " * 120)
    scripted.ask("First " * 20)
    expect(scripted.page.get_by_text("This function sends the model")).to_be_hidden()
    upstream.script = says("Short")
    scripted.ask("Second " * 20)
    expect(scripted.answers.last).to_contain_text(
        "sends the model at most about 200 tokens of a conversation, so it left out the 2 oldest messages."
    )
    assert upstream.calls[1].messages == [("user", ("Second " * 20).strip())]

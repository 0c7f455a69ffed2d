"""Every failure is shown with what the reader can do, and no prompt is ever sent twice by itself."""

import re
import shutil
import threading
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import STORED, ChatPage
from tests.browser.proxy import Cut, DropBeforeHead, Empty, Proxy, Refuse
from tests.browser.speaking import begins
from tests.fronts import DIRECT, serve
from tests.upstream import Call, Upstream, says


@pytest.mark.parametrize("is_clean", [True, False], ids=["as if complete", "broken"])
def test_an_answer_without_its_end_is_cut_off_and_can_be_continued(
    scripted: ChatPage, scripted_proxy: Proxy, upstream: Upstream, is_clean: bool
) -> None:
    is_read = threading.Event()
    upstream.script = begins("One", " two")
    scripted_proxy.faults.append(Cut(b"two", is_clean, when=partial(is_read.wait, 15)))
    scripted.say("Count")
    expect(scripted.answer).to_have_text("One two")
    is_read.set()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text("One two")
    expect(scripted.failure).to_contain_text("The answer was cut off.")
    expect(scripted.status).to_contain_text("The answer was cut off.")
    upstream.script = says(" three")
    scripted.button("Continue the answer").click()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text("One two three")
    expect(scripted.failure).to_have_count(0)
    assert len(upstream.calls) == 2


def test_a_function_that_dies_in_mid_answer_is_reported(page: Page, built: Path, upstream: Upstream) -> None:
    upstream.script = begins("One", " two")
    with serve(DIRECT, built, openai_base_url=upstream.url) as function, Proxy(function.url) as proxy:
        chat = ChatPage(page, proxy.url()).open()
        chat.say("Count")
        expect(chat.answer).to_have_text("One two")
        function.kill()
        chat.wait_for_end()
        expect(chat.failure).to_contain_text("The answer was cut off.")
        expect(chat.answer).to_have_text("One two")
    chat.button("Continue the answer").click()
    chat.wait_for_end()
    expect(chat.failure).to_contain_text("The function could not be reached.")
    expect(chat.answer).to_have_text("One two")
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(
    ("model", "title", "begins"),
    [
        ("mock-broken", "The answer failed.", True),
        ("mock-error-midstream", "The answer failed.", True),
        ("mock-error-event", "The answer failed.", True),
        ("mock-content-filter", "The provider’s content filter ended the answer.", True),
        ("mock-401", "The function failed (502).", False),
        ("mock-500", "The function failed (502).", False),
    ],
)
def test_an_upstream_that_fails_is_shown(chat: ChatPage, model: str, title: str, begins: bool) -> None:
    chat.page.get_by_label("Model").select_option(model)
    chat.ask("Show me some code")
    expect(chat.failure.locator(".failure__title")).to_have_text(title)
    expect(chat.answer).to_contain_text("Here is" if begins else re.compile("^$"))
    expect(chat.button("Try again")).to_be_visible()
    chat.page.get_by_label("Model").select_option("mock-fast")
    chat.button("Try again").click()
    chat.wait_for_end()
    expect(chat.answer).to_contain_text("It needs no packages")
    expect(chat.failure).to_have_count(0)


def test_an_upstream_that_falls_silent_is_shown(built: Path, mock_url: str, page: Page) -> None:
    silent = serve(
        DIRECT, built, openai_base_url=f"{mock_url}/v1", openai_model="mock-silence", upstream_idle_timeout="3s"
    )
    with silent as function, Proxy(function.url) as proxy:
        chat = ChatPage(page, proxy.url()).open()
        chat.ask("Show me some code")
        expect(chat.failure).to_contain_text("The model stopped responding.")
        expect(chat.answer).to_contain_text("Here is")
        expect(chat.button("Continue the answer")).to_be_visible()


def test_an_empty_success_is_no_answer(chat: ChatPage, proxy: Proxy) -> None:
    proxy.faults.append(Empty())
    chat.ask("echo: Hello")
    expect(chat.failure).to_contain_text("No answer came.")
    chat.button("Try again").click()
    chat.wait_for_end()
    expect(chat.answer).to_have_text("Hello")


def test_an_answer_without_text_is_reported(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says()
    scripted.ask("Say nothing")
    expect(scripted.failure).to_contain_text("The model’s answer was empty.")


def test_after_too_many_requests_the_page_counts_down_and_the_reader_sends_again(chat: ChatPage, proxy: Proxy) -> None:
    chat.page.clock.install()
    chat.page.get_by_label("Model").select_option("mock-429-30")
    chat.ask("echo: Hello")
    expect(chat.failure).to_contain_text("Too many requests.")
    again = chat.button("Try again")
    expect(again).to_be_disabled()
    expect(chat.failure).to_contain_text(re.compile(r"Try again in (30|29) s"))
    chat.page.clock.fast_forward(10_000)
    expect(chat.failure).to_contain_text(re.compile(r"Try again in (20|19) s"))
    chat.page.clock.fast_forward(21_000)
    expect(again).to_be_enabled()
    chat.page.clock.fast_forward(60_000)
    assert len(proxy.questions()) == 1
    chat.page.get_by_label("Model").select_option("mock-fast")
    again.click()
    chat.wait_for_end()
    expect(chat.answer).to_have_text("Hello")
    assert len(proxy.questions()) == 2


def test_retry_after_may_be_a_date(chat: ChatPage, proxy: Proxy) -> None:
    chat.page.clock.install(time="2026-11-21T10:00:00Z")
    late = {"Retry-After": "Sat, 21 Nov 2026 10:05:00 GMT"}
    proxy.faults.append(Refuse(429, late, {"code": "at_capacity", "message": "All streams are in use."}))
    chat.ask("echo: Hello")
    expect(chat.failure).to_contain_text("All streams are in use.")
    expect(chat.failure).to_contain_text(re.compile(r"Try again in (5 min 0|4 min \d+) s"))


def test_a_token_is_asked_for_and_kept_for_the_session_only(chat: ChatPage, proxy: Proxy) -> None:
    proxy.token = "let-me-in"
    page = chat.page
    chat.ask("echo: Hello")
    expect(chat.failure).to_contain_text("The function asks for an access token.")
    field = page.get_by_label("Access token")
    field.fill("wrong")
    chat.button("Use it and send again").click()
    chat.wait_for_end()
    expect(chat.failure).to_contain_text("That token was not accepted.")
    field.fill("let-me-in")
    field.press("Enter")
    chat.wait_for_end()
    expect(chat.answer).to_have_text("Hello")
    page.reload()
    chat.wait_until_ready()
    chat.ask("echo: Still in")
    expect(chat.answer).to_have_text("Still in")
    assert page.context.cookies() == []
    assert "let-me-in" not in page.evaluate("JSON.stringify(localStorage)")
    assert "let-me-in" not in page.evaluate(STORED)
    other = ChatPage(page.context.new_page(), chat.url).open()
    other.ask("echo: Hello")
    expect(other.failure).to_contain_text("asks for an access token")


def test_the_templates_own_tokens_let_the_page_through_and_nothing_else(
    page: Page, built: Path, mock_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "chat"
    shutil.copytree(built, folder)
    (folder / ".secrets" / "chat-tokens").write_text("let-me-in\n")
    settings = {"openai_base_url": f"{mock_url}/v1", "chat_models": "mock-fast,mock", "auth_secret": "chat-tokens"}
    with serve(DIRECT, folder, settings) as function:
        chat = ChatPage(page, function.url)
        page.goto(chat.url)
        chat.wait_until_ready(is_configured=False)
        chat.ask("echo: Hello")
        expect(page.get_by_label("Model")).to_be_hidden()
        page.get_by_label("Access token").fill("let-me-in")
        chat.button("Use it and send again").click()
        chat.wait_for_end()
        expect(chat.answer).to_have_text("Hello")
        expect(page.get_by_label("Model")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Model")).to_be_visible()
        for path in ("?message=Hi", "?asset=config.json", "assets/x/config.json"):
            refused = httpx.get(f"{function.url}/{path}", headers={"Accept": "text/event-stream"})
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


def test_without_a_network_nothing_is_lost(chat: ChatPage, proxy: Proxy) -> None:
    chat.ask("echo: Before")
    chat.page.context.set_offline(True)
    expect(chat.page.locator("#offline")).to_be_visible()
    chat.ask("echo: After")
    expect(chat.failure).to_contain_text("You are offline.")
    chat.page.context.set_offline(False)
    expect(chat.page.locator("#offline")).to_be_hidden()
    assert len(proxy.questions()) == 1
    chat.button("Try again").click()
    chat.wait_for_end()
    expect(chat.answer).to_have_text("After")
    assert len(proxy.questions()) == 2


def test_a_failed_second_try_leaves_the_first_answer(chat: ChatPage, proxy: Proxy) -> None:
    chat.ask("echo: Precious")
    proxy.faults.append(Refuse(503, error={"code": "shutting_down", "message": "Try again."}))
    chat.button("Try again").click()
    chat.wait_for_end()
    expect(chat.answer).to_have_text("Precious")
    expect(chat.failure).to_contain_text("The function failed (503).")
    expect(chat.button("Continue the answer")).to_have_count(0)
    chat.button("Try again").click()
    chat.wait_for_end()
    expect(chat.failure).to_have_count(0)
    expect(chat.answer).to_have_text("Precious")


def test_a_conversation_that_is_too_large_for_a_request_is_a_failure(
    page: Page, built: Path, upstream_server: Upstream
) -> None:
    # Typing a prompt above the default of max_body takes Chromium a minute.
    with serve(DIRECT, built, openai_base_url=upstream_server.url, max_body="20000") as function:
        chat = ChatPage(page, function.url).open()
        chat.ask("word " * 4_000)
        expect(chat.failure).to_contain_text("The conversation has grown too long to send.")


def test_leaving_the_page_ends_the_answer_upstream_and_keeps_its_text(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("It begins")
    scripted.say("Talk")
    expect(scripted.answer).to_have_text("It begins")
    address = scripted.page.url
    scripted.page.goto("about:blank")
    assert upstream.wait_for_call().disconnected.wait(30)
    scripted.page.goto(address)
    expect(scripted.answer).to_have_text("It begins")
    expect(scripted.failure).to_contain_text("The answer was cut off.")
    expect(scripted.failure).to_contain_text("The page was closed before the answer was complete.")
    assert len(upstream.calls) == 1


def test_closing_the_tab_ends_the_answer_upstream(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("It begins")
    page = scripted.page.context.new_page()
    second = ChatPage(page, scripted.url).open()
    second.say("Talk")
    expect(second.answer).to_have_text("It begins")
    page.close()
    assert upstream.wait_for_call().disconnected.wait(30)


def test_a_browser_that_repeats_the_request_by_itself_does_not_repeat_the_prompt(
    scripted: ChatPage, scripted_proxy: Proxy, upstream: Upstream
) -> None:
    upstream.script = lambda call: call.wait_for_disconnect()
    # A browser repeats a request only if the connection was used before.
    scripted_proxy.faults.append(DropBeforeHead(upstream.wait_for_call))
    scripted.ask("Once")
    expect(scripted.failure).to_be_visible()
    assert len(upstream.calls) == 1
    assert len(scripted_proxy.questions()) == 2
    expect(scripted.failure).to_contain_text("The connection broke before an answer came.")
    upstream.script = says("Here it is")
    scripted.button("Try again").click()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text("Here it is")


def test_two_clicks_are_one_prompt(scripted: ChatPage, upstream: Upstream) -> None:
    go_on = threading.Event()

    def slow(call: Call) -> None:
        go_on.wait(60)
        call.finish()

    upstream.script = slow
    scripted.prompt.fill("Once")
    scripted.send_button.dblclick(force=True)
    scripted.prompt.press("Enter")
    upstream.wait_for_call()
    go_on.set()
    scripted.wait_for_end()
    assert len(upstream.calls) == 1


def test_a_long_silence_is_reported_and_the_reader_decides(chat: ChatPage, proxy: Proxy) -> None:
    chat.page.clock.install()
    chat.page.get_by_label("Model").select_option("mock-silence-first")
    chat.say("Hello")
    waiting = chat.answers.last.locator(".waiting")
    expect(waiting).to_contain_text("Waiting for the first word")
    chat.page.clock.fast_forward(46_000)
    expect(waiting).to_contain_text("Nothing has arrived for a while.")
    chat.stop_button.click()
    chat.wait_for_end()
    assert len(proxy.questions()) == 1

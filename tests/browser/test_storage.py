"""What the browser keeps, and what the page says when the browser keeps nothing."""

import json
import threading

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat_page import STORED, ChatPage
from tests.browser.database import FULL, WITHOUT_INDEXEDDB
from tests.browser.proxy import Proxy
from tests.upstream import Call, Upstream

EARLIER = {
    "id": "0123456789abcdef01234567",
    "updatedAt": 1_760_000_000_000,
    "model": "mock",
    "system": "Be kind.",
    "messages": [
        {"id": "a", "role": "user", "text": "Who are you?"},
        {"id": "b", "role": "assistant", "text": "A **mock**.", "reasoning": "", "state": "complete", "model": "mock",
         "finishReason": "stop", "promptTokens": 3, "completionTokens": 5, "firstTokenMs": 10, "totalMs": 20,
         "dropped": 0, "failure": None},
        {"id": "c", "role": "user", "text": "Go on"},
        {"id": "d", "role": "assistant", "text": "And", "reasoning": "", "state": "running", "model": "mock",
         "finishReason": None, "promptTokens": 0, "completionTokens": 0, "firstTokenMs": 10, "totalMs": 20,
         "dropped": 0, "failure": None},
    ],
}  # fmt: skip


def test_conversations_of_an_earlier_release_are_kept(page: Page, proxy: Proxy) -> None:
    chat = ChatPage(page, proxy.url()).open()
    page.evaluate(
        """([prefix, conversation]) => {
            localStorage.setItem(`${prefix}conversation:${conversation.id}`, JSON.stringify(conversation));
            localStorage.setItem(`${prefix}index`, JSON.stringify([{ id: conversation.id, title: "x", updatedAt: 1 }]));
        }""",
        ["chat:/function/chat:", EARLIER],
    )
    page.reload()
    page.get_by_role("link", name="Who are you?").click()
    expect(chat.answers.first.locator("strong")).to_have_text("mock")
    expect(chat.answer).to_have_text("And")
    expect(chat.failure).to_contain_text("The answer was cut off.")
    expect(page.get_by_label("Model")).to_have_value("mock")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('conversation'))") == []
    page.reload()
    expect(chat.page.locator(".prompt__text")).to_have_text(["Who are you?", "Go on"])


@pytest.mark.parametrize("how", WITHOUT_INDEXEDDB)
def test_without_storage_the_page_works_and_says_so(page: Page, proxy: Proxy, how: str) -> None:
    page.add_init_script(WITHOUT_INDEXEDDB[how])
    chat = ChatPage(page, proxy.url()).open()
    expect(page.get_by_text("This browser stores nothing for this page")).to_be_visible()
    chat.ask("echo: One")
    chat.button("New conversation").click()
    chat.ask("echo: Two")
    page.get_by_role("link", name="echo: One").click()
    expect(chat.answer).to_have_text("One")
    chat.ask("echo: Three")
    expect(chat.answers).to_have_count(2)


def test_without_any_storage_what_an_earlier_page_stored_stays_there(
    page: Page, context: BrowserContext, proxy: Proxy
) -> None:
    ChatPage(page, proxy.url()).open()
    key = f"chat:/function/chat:conversation:{EARLIER['id']}"
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, json.dumps(EARLIER)])
    page.add_init_script(WITHOUT_INDEXEDDB["missing"])
    page.reload()
    page.get_by_role("link", name="Who are you?").click()
    expect(ChatPage(page, proxy.url()).answer).to_have_text("And")
    assert page.evaluate("(key) => localStorage.getItem(key) !== null", key)
    assert context.cookies() == []


@pytest.mark.parametrize("store", ["localStorage", "sessionStorage"])
def test_the_page_works_without_local_or_session_storage(page: Page, proxy: Proxy, store: str) -> None:
    page.add_init_script(
        f"Object.defineProperty(window, '{store}', {{ get() {{ throw new DOMException('no', 'SecurityError') }} }})"
    )
    chat = ChatPage(page, proxy.url()).open()
    chat.ask("echo: Hello")
    page.reload()
    expect(chat.answer).to_have_text("Hello")


def test_a_full_disk_is_reported_and_all_is_stored_once_there_is_room(chat: ChatPage) -> None:
    page = chat.page
    chat.ask("echo: Before")
    page.evaluate(FULL)
    chat.ask("echo: While it is full")
    expect(chat.answer).to_have_text("While it is full")
    expect(page.get_by_text("This browser has no room")).to_be_visible()
    page.evaluate("() => { IDBObjectStore.prototype.put = window.put; }")
    chat.ask("echo: After")
    expect(page.locator("#notice")).to_be_hidden()
    page.reload()
    expect(chat.page.locator(".prompt__text")).to_have_text(["echo: Before", "echo: While it is full", "echo: After"])
    expect(chat.answers).to_have_count(3)


def test_what_the_browser_forgets_is_stored_again_from_the_open_tab(chat: ChatPage, proxy: Proxy) -> None:
    page = chat.page
    chat.ask("echo: Not opened again")
    page.goto("about:blank")
    chat.open()
    chat.ask("echo: Precious")
    origin = f"http://127.0.0.1:{proxy.port}"
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "indexeddb"})
    expect(page.get_by_text("This browser has deleted its stored conversations")).to_be_visible()
    expect(page.locator(".conversations__link")).to_have_text(["echo: Precious"])
    page.wait_for_function(f"async () => (await ({STORED})()).includes('Precious')")
    page.reload()
    expect(chat.answer).to_have_text("Precious")
    chat.ask("echo: Still working")
    expect(chat.answer).to_have_text("Still working")


def test_an_answer_is_stored_while_it_comes(scripted: ChatPage, upstream: Upstream) -> None:
    go_on = threading.Event()

    def slow(call: Call) -> None:
        call.delta("The first half")
        assert go_on.wait(20)
        call.finish()

    upstream.script = slow
    scripted.say("Talk")
    expect(scripted.answer).to_have_text("The first half")
    scripted.page.reload()
    expect(scripted.answer).to_have_text("The first half")
    expect(scripted.failure).to_contain_text("The answer was cut off.")
    go_on.set()


def test_a_deleted_conversation_is_restored_whole_also_while_it_streams(scripted: ChatPage, upstream: Upstream) -> None:
    more = threading.Semaphore(0)

    def slow(call: Call) -> None:
        for word in ("One", " two", " three"):
            call.delta(word)
            assert more.acquire(timeout=60)
        call.finish()

    upstream.script = slow
    scripted.say("Count")
    expect(scripted.answer).to_have_text("One")
    scripted.choose("Count", "Delete")
    expect(scripted.messages).to_have_count(0)
    more.release(3)
    scripted.button("Undo").click()
    expect(scripted.answer).to_have_text("One two three")
    expect(scripted.failure).to_have_count(0)
    assert len(upstream.calls) == 1


def test_what_can_no_longer_be_restored_is_gone(chat: ChatPage) -> None:
    page = chat.page
    chat.ask("echo: Secret")
    page.clock.install()
    chat.choose("echo: Secret", "Delete")
    expect(page.locator("#toast")).to_be_visible()
    page.mouse.move(640, 300)
    page.clock.fast_forward(60_000)
    expect(page.locator("#toast")).to_be_hidden()
    page.wait_for_function(f"async () => !(await ({STORED})()).includes('Secret')")


def test_several_deletions_are_undone_at_once(chat: ChatPage) -> None:
    page = chat.page
    for word in ("One", "Two", "Three"):
        chat.button("New conversation").click()
        chat.ask(f"echo: {word}")
    for word in ("One", "Three"):
        chat.choose(f"echo: {word}", "Delete")
    expect(page.locator(".conversations__link")).to_have_text(["echo: Two"])
    expect(page.get_by_text("2 conversations deleted.")).to_be_visible()
    chat.button("Undo").click()
    expect(page.locator(".conversations__link")).to_have_text(["echo: Three", "echo: Two", "echo: One"])
    expect(chat.answer).to_have_text("Three")


def test_conversations_are_kept_in_the_browser_and_found_again(chat: ChatPage) -> None:
    chat.ask("echo: The first")
    chat.button("New conversation").click()
    expect(chat.messages).to_have_count(0)
    chat.ask("echo: The second")
    titles = chat.page.locator(".conversations__link")
    expect(titles).to_have_text(["echo: The second", "echo: The first"])
    chat.page.reload()
    expect(chat.answer).to_have_text("The second")
    titles.nth(1).click()
    expect(chat.answer).to_have_text("The first")
    expect(titles.nth(1)).to_have_attribute("aria-current", "page")
    chat.page.go_back()
    expect(chat.answer).to_have_text("The second")


def test_a_deleted_conversation_can_be_restored(chat: ChatPage) -> None:
    chat.ask("echo: Precious")
    titles = chat.page.locator(".conversations__link")
    chat.choose("echo: Precious", "Delete")
    expect(titles).to_have_count(0)
    expect(chat.messages).to_have_count(0)
    chat.button("Undo").click()
    expect(chat.answer).to_have_text("Precious")
    chat.button("Settings").click()
    chat.button("Delete all conversations").click()
    expect(chat.page.get_by_text("Delete the only conversation?")).to_be_visible()
    chat.button("Cancel").click()
    expect(titles).to_have_count(1)
    chat.button("Delete all conversations").click()
    chat.button("Delete all").click()
    expect(titles).to_have_count(0)
    chat.page.reload()
    expect(chat.page.get_by_text("What would you like to know?")).to_be_visible()
    expect(titles).to_have_count(0)

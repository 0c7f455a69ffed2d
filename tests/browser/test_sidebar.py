"""The list of conversations: groups by date, names, pins, and a sidebar that can be hidden."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.database import STORE, WITHOUT_INDEXEDDB, prompt
from tests.browser.proxy import Proxy

PHONE = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True, "locale": "en-GB"}


def titles(page: Page) -> dict[str, list[str]]:
    """The titles of the conversations in each group, as a screen reader finds them: lists that headings name."""
    groups = {}
    for heading in page.get_by_role("navigation").get_by_role("heading").all_text_contents():
        items = page.get_by_role("list", name=heading, exact=True).locator(".conversations__link")
        groups[heading] = items.all_text_contents()
    return groups


def test_conversations_of_an_earlier_release_are_grouped_by_day_pinned_and_renamed(page: Page, proxy: Proxy) -> None:
    page.clock.install(time="2026-03-10T12:00:00")
    chat = ChatPage(page, proxy.url()).open()
    times = {
        "Tomorrow, by another clock": "new Date(2026, 2, 11, 9)",
        "At midnight": "new Date(2026, 2, 10)",
        "Before midnight": "new Date(2026, 2, 9, 23, 59, 59, 999)",
        "A week ago": "new Date(2026, 2, 3)",
        "Eight days ago": "new Date(2026, 2, 2, 23)",
        "Thirty days ago": "new Date(2026, 1, 8)",
        "In January": "new Date(2026, 0, 31)",
        "Last year": "new Date(2025, 11, 31, 23)",
    }
    stored = [
        [f"id{index}", {"title": title, "updatedAt": page.evaluate(f"{time}.getTime()")}, [prompt(title)]]
        for index, (title, time) in enumerate(times.items())
    ]
    page.evaluate(STORE, stored)
    page.reload()
    chat.wait_until_ready()
    assert titles(page) == {
        "Today": ["Tomorrow, by another clock", "At midnight"],
        "Yesterday": ["Before midnight"],
        "Previous 7 days": ["A week ago"],
        "Previous 30 days": ["Eight days ago", "Thirty days ago"],
        "January": ["In January"],
        "December 2025": ["Last year"],
    }
    chat.choose("In January", "Pin")
    expect(page.get_by_role("list", name="Pinned")).to_contain_text("In January")
    assert list(titles(page))[:2] == ["Pinned", "Today"]
    assert "January" not in titles(page)
    expect(page.get_by_role("button", name="Options for “In January”")).to_be_focused()
    chat.choose("In January", "Unpin")
    expect(page.get_by_role("list", name="January")).to_contain_text("In January")

    # The day changes: the next change draws the list anew.
    page.clock.set_system_time("2026-03-11T00:00:01")
    chat.choose("At midnight", "Rename")
    field = page.get_by_label("Name of the conversation")
    expect(field).to_be_focused()
    expect(field).to_have_value("At midnight")
    field.fill("  A name\tof <b>its</b> own ")
    field.press("Enter")
    expect(page.get_by_role("button", name="Options for “A name of <b>its</b> own”")).to_be_focused()
    assert titles(page)["Yesterday"] == ["A name of <b>its</b> own"]
    assert titles(page)["Today"] == ["Tomorrow, by another clock"]
    page.reload()
    chat.wait_until_ready()
    expect(page.get_by_role("link", name="A name of <b>its</b> own")).to_be_visible()


@pytest.fixture
def two(context: BrowserContext, proxy: Proxy) -> tuple[ChatPage, ChatPage]:
    """Two tabs, both with the conversation “echo: One”."""
    first = ChatPage(context.new_page(), proxy.url()).open()
    first.ask("echo: One")
    second = ChatPage(context.new_page(), first.page.url).open()
    expect(second.answer).to_have_text("One")
    return first, second


def test_a_name_and_a_pin_are_seen_in_another_tab_and_survive_answers_there(two: tuple[ChatPage, ChatPage]) -> None:
    first, second = two
    first.choose("echo: One", "Rename")
    field = first.page.get_by_label("Name of the conversation")
    field.fill("Mine")
    second.ask("echo: Two")  # redraws the list of the first tab, which keeps the field
    expect(first.answer).to_have_text("Two")
    expect(field).to_have_value("Mine")
    field.press("Enter")
    for tab in two:
        expect(tab.page.locator("#title")).to_have_text("Mine")
        expect(tab.page).to_have_title("Mine – Chat")
    second.choose("Mine", "Pin")
    expect(first.page.get_by_role("list", name="Pinned")).to_have_text("Mine")
    first.ask("echo: Three")
    second.page.reload()
    expect(second.page.get_by_role("list", name="Pinned")).to_have_text("Mine")

    first.page.keyboard.press("Alt+r")
    field.fill("Not this")
    field.press("Escape")
    expect(first.page.locator("#title")).to_have_text("Mine")
    first.choose("Mine", "Rename")
    field.fill(" ")
    expect(field).to_have_attribute("placeholder", "echo: One")
    first.prompt.click()  # leaving the field keeps what it has
    for tab in two:
        expect(tab.page.locator("#title")).to_have_text("echo: One")


def test_the_name_given_last_wins_over_a_copy_that_was_stored_at_the_same_time(two: tuple[ChatPage, ChatPage]) -> None:
    first, second = two
    # Neither tab gets the other's change before it makes its own.
    first.page.evaluate("""() => {
        window.post = BroadcastChannel.prototype.postMessage;
        window.held = [];
        BroadcastChannel.prototype.postMessage = function (...sent) { held.push([this, sent]) };
    }""")
    first.choose("echo: One", "Rename")
    first.page.get_by_label("Name of the conversation").fill("Named in the first")
    first.page.keyboard.press("Enter")
    second.page.get_by_label("Model").select_option("mock")
    first.page.evaluate("""() => {
        BroadcastChannel.prototype.postMessage = window.post;
        for (const [channel, sent] of held) channel.postMessage(...sent);
    }""")
    for tab in two:
        expect(tab.page.locator("#title")).to_have_text("Named in the first")
    second.page.get_by_label("Model").select_option("mock-fast")
    late = ChatPage(first.page.context.new_page(), first.page.url).open()
    expect(late.page.locator("#title")).to_have_text("Named in the first")


def test_the_menu_is_a_menu(chat: ChatPage, context: BrowserContext) -> None:  # noqa: ARG001
    page, press = chat.page, chat.page.keyboard.press
    chat.ask("echo: One")
    options = page.get_by_role("button", name="Options for “echo: One”")
    options.focus()
    press("Enter")
    expect(page.get_by_role("menu", name="Options for “echo: One”")).to_be_visible()
    expect(options).to_have_attribute("aria-expanded", "true")
    items = page.get_by_role("menuitem")
    expect(items).to_have_text(["Rename", "Pin", "Export as Markdown", "Delete"])
    expect(items.first).to_be_focused()
    for key, item in (("ArrowDown", 1), ("End", 3), ("ArrowDown", 0), ("ArrowUp", 3), ("Home", 0)):
        press(key)
        expect(items.nth(item)).to_be_focused()
    press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(options).to_be_focused()
    press("Enter")
    with page.expect_download() as download:
        items.filter(has_text="Export").click()
    assert download.value.suggested_filename == "echo-one.md"


def test_the_sidebar_stays_hidden_until_it_is_shown_again(chat: ChatPage) -> None:
    page = chat.page
    sidebar = page.get_by_role("navigation", name="Conversations")
    page.get_by_role("button", name="Close sidebar").click()
    expect(sidebar).to_be_hidden()
    opener = page.get_by_role("button", name="Conversations", exact=True)
    expect(opener).to_be_focused()
    page.reload()
    chat.wait_until_ready()
    expect(sidebar).to_be_hidden()
    opener.click()
    expect(sidebar).to_be_visible()
    expect(page.get_by_role("button", name="Close sidebar")).to_be_focused()
    page.keyboard.press("Alt+l")
    expect(sidebar).to_be_hidden()


@pytest.mark.parametrize("context_settings", [PHONE])
def test_on_a_phone_without_storage_a_conversation_is_renamed_and_pinned(
    page: Page,
    proxy: Proxy,
    context_settings: dict[str, Any],  # noqa: ARG001
) -> None:
    page.add_init_script(WITHOUT_INDEXEDDB["missing"])
    chat = ChatPage(page, proxy.url()).open()
    chat.prompt.fill("echo: One")
    chat.send_button.tap()
    chat.wait_for_end()
    page.get_by_role("button", name="Conversations", exact=True).tap()
    chat.choose("echo: One", "Rename")
    field = page.get_by_label("Name of the conversation")
    field.fill("Mine")
    field.press("Enter")
    expect(page.get_by_role("link", name="Mine")).to_be_visible()
    chat.choose("Mine", "Pin")
    expect(page.get_by_role("list", name="Pinned")).to_have_text("Mine")
    expect(page.locator("#sidebar")).to_be_visible()
    page.get_by_role("button", name="Close sidebar").tap()
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(page.locator("#title")).to_have_text("Mine")

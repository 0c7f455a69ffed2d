"""Search in all conversations, by keyboard, while an answer comes, and in very many of them."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.database import STORE, WITHOUT_INDEXEDDB, answer, prompt
from tests.browser.proxy import Proxy
from tests.browser.speaking import begins
from tests.upstream import Upstream

PHONE = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True, "locale": "en-GB"}
DAY_MS = 86_400_000
NOW_MS = 1_760_000_000_000


LONG = "\n\n".join(f"Paragraph {number}." for number in range(80))
CONVERSATIONS: list[Any] = [
    [
        "bread",
        {"title": "Bread", "updatedAt": NOW_MS, "selected": {"a": "c"}},
        [
            prompt("Bread", "a"),
            answer(f"{LONG}\n\nThe **Crème Brûlée** needs eggs. {LONG}", "b", "a", 2),
            answer("Another version", "c", "a", 3),
            answer("Replaced crème, never shown", "h", "a", 4, isHidden=True),
            prompt("More", "d", "b"),
            answer("No eggs here", "e", "d"),
        ],
    ],
    [
        "soup",
        {"title": "Soup with eggs", "updatedAt": NOW_MS - DAY_MS},
        [prompt("Soup with eggs", "a"), answer("ΣΟΦΟΣ creme <img src=x onerror=alert(1)>", "b", "a")],
    ],
    [
        "deleted",
        {"title": "Crème, deleted", "updatedAt": NOW_MS, "deletedAt": 4_000_000_000_000},
        [prompt("Crème eggs", "a")],
    ],
]


def results(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_role("option")


@pytest.fixture
def searched(page: Page, proxy: Proxy) -> ChatPage:
    """The page with the stored conversations, its search open."""
    chat = ChatPage(page, proxy.url()).open()
    page.evaluate(STORE, CONVERSATIONS)
    page.reload()
    chat.wait_until_ready()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search conversations")).to_be_focused()
    return chat


def test_all_words_are_found_whatever_their_case_and_accents(searched: ChatPage) -> None:
    page = searched.page
    field, options = page.get_by_role("combobox", name="Search"), results(page)
    status = page.get_by_role("dialog").get_by_role("status")
    expect(options.locator(".search__title")).to_have_text(["Bread", "Soup with eggs"])
    field.fill("EGGS brulee")
    expect(options).to_have_count(1)
    expect(status).to_have_text("1 conversation")
    expect(options).to_contain_text("The Crème Brûlée needs eggs.")
    expect(options.locator("mark")).to_have_text(["Brûlée", "eggs"])
    field.fill("crème egg")
    expect(options.locator(".search__title")).to_have_text(["Bread", "Soup with eggs"])
    expect(options.nth(1).locator(".search__title mark")).to_have_text("egg")
    expect(options.nth(1).locator(".search__excerpt")).to_have_text("ΣΟΦΟΣ creme <img src=x onerror=alert(1)>")
    field.fill("σοφος")
    expect(options.locator("mark")).to_have_text("ΣΟΦΟΣ")
    for nothing in ("replaced", "deleted", "eggs ham"):
        field.fill(nothing)
        expect(status).to_have_text("Nothing matches.")
        expect(options).to_have_count(0)

    # By keyboard: down, up past the first result, down. Then the message opens, in the version that has the word.
    field.fill("egg")
    expect(options).to_have_count(2)
    for key, selected in (("ArrowDown", 1), ("ArrowDown", 0), ("ArrowUp", 1), ("ArrowUp", 0)):
        field.press(key)
        expect(options.nth(selected)).to_have_attribute("aria-selected", "true")
        option_id = options.nth(selected).get_attribute("id")
        expect(field).to_have_attribute("aria-activedescendant", option_id or "none")
    field.fill("needs brulee")
    expect(options).to_have_count(1)
    field.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#title")).to_have_text("Bread")
    expect(searched.answers.first).to_be_focused()
    expect(searched.answers.first).to_contain_text("1/2")
    expect(searched.answers.first.locator("strong")).to_be_in_viewport()
    expect(page.get_by_text("Latest")).to_be_visible()
    assert page.evaluate("[...CSS.highlights.get('search')].map(String)") == ["Brûlée", "needs"]
    searched.prompt.fill("x")
    assert page.evaluate("CSS.highlights.has('search')") is False

    for close in ("Escape", "Control+k"):
        searched.prompt.press("Control+k")
        expect(field).to_be_focused()
        page.keyboard.press(close)
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(searched.prompt).to_be_focused()


def test_a_running_answer_is_found_and_goes_on(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("Once upon a ", "midnight dreary")
    scripted.say("Tell me a tale")
    expect(scripted.answer).to_have_text("Once upon a midnight dreary")
    page = scripted.page
    page.get_by_role("button", name="Search").click()
    page.get_by_role("combobox", name="Search").fill("dreary tale")
    expect(results(page)).to_contain_text("Once upon a midnight dreary")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(scripted.stop_button).to_be_visible()
    page.keyboard.press("Escape")
    expect(scripted.failure).to_contain_text("Stopped.")


SLOW_CLOCK = """() => {
    let now = performance.now();
    performance.now = () => now += 0.1;
    const setTimeoutOfPage = window.setTimeout;
    window.pauses = 0;
    window.setTimeout = (resolve, ms) => {
        if (ms === 0) pauses += 1;
        return setTimeoutOfPage(resolve, ms);
    };
}"""
"""Each look at the clock takes 0.1 ms, and a slice of 8 ms has 80 messages. Counts the pauses between the slices."""


def test_a_search_in_very_many_messages_pauses_after_each_slice(chat: ChatPage) -> None:
    page = chat.page
    page.evaluate(
        f"""async () => {{
        const store = {STORE};
        const text = "Lorem ipsum dolor sit amet, à côté, consectetur adipiscing elit. ".repeat(20);
        for (let from = 0; from < 100; from += 20) {{
            await store(Array.from({{ length: 20 }}, (_, index) => [`c${{from + index}}`,
                {{ title: `Number ${{from + index}}`, updatedAt: from + index }},
                Array.from({{ length: 100 }}, (_, position) => ({{
                    id: `m${{position}}`, parentId: position ? `m${{position - 1}}` : "", role: "user",
                    createdAt: position, revision: 1, text: `${{text}} unique${{from + index}}x${{position}}`,
                }})),
            ]));
        }}
    }}"""
    )
    page.reload()
    chat.wait_until_ready()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_be_focused()
    page.evaluate(SLOW_CLOCK)
    field.fill("unique0x99 COTE")
    expect(results(page)).to_have_count(1)
    expect(results(page)).to_contain_text("unique0x99")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("1 conversation")
    assert page.evaluate("pauses") > 100  # 10,000 messages
    field.fill("lorem")
    expect(results(page)).to_have_count(50)
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text(
        "Only the 50 newest conversations are shown."
    )


@pytest.mark.parametrize("context_settings", [PHONE])
def test_on_a_phone_without_storage_what_is_open_is_found(
    page: Page,
    proxy: Proxy,
    context_settings: dict[str, Any],  # noqa: ARG001
) -> None:
    page.add_init_script(WITHOUT_INDEXEDDB["throws"])
    chat = ChatPage(page, proxy.url()).open()
    chat.prompt.fill("echo: Hello")
    chat.send_button.tap()
    chat.wait_for_end()
    page.get_by_role("button", name="New conversation").first.tap()
    page.get_by_role("button", name="Conversations", exact=True).tap()
    page.get_by_role("button", name="Search").tap()
    page.get_by_role("combobox", name="Search").fill("hello")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    results(page).tap()
    expect(chat.answer).to_have_text("Hello")
    expect(page.locator("#sidebar")).to_be_hidden()

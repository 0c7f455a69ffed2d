"""Accessibility: keyboard, touch, screen readers, and axe's rules."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy, Refuse
from tests.upstream import Upstream, says

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "locale": "en-GB"}

OF_COLOURS = ("color-contrast", "link-in-text-block")


def assert_axe_finds_nothing(page: Page) -> None:
    """On a phone and on a wide screen; the rules about colours also in dark."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="light")
        assert violations(page) == [], width
        page.emulate_media(color_scheme="dark")
        assert violations(page, *OF_COLOURS) == [], width


def assert_axe_finds_nothing_here(page: Page) -> None:
    """In the present width: changing the width would close what is over the page."""
    page.emulate_media(color_scheme="light")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, *OF_COLOURS) == []


def test_axe_finds_nothing(chat: ChatPage, proxy: Proxy) -> None:
    page = chat.page
    assert_axe_finds_nothing(page)
    chat.ask("Show me some code")
    chat.ask("echo: # Title\n\n[link](https://example.com)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n- [x] done")
    page.get_by_label("Model").select_option("mock-reasoning")
    chat.ask("Think")
    page.locator(".reasoning:visible summary").click()
    proxy.token = "x"
    chat.ask("Who is there?")
    expect(page.get_by_label("Access token")).to_be_visible()
    assert_axe_finds_nothing(page)
    proxy.token = None
    proxy.faults.append(Refuse(429, {"Retry-After": "30"}, {"code": "at_capacity", "message": "In use."}))
    chat.ask("Anybody?")
    page.locator(".prompt [data-do=edit]").first.dispatch_event("click")
    assert_axe_finds_nothing(page)
    chat.button("Settings").click()
    assert_axe_finds_nothing(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Conversations", exact=True).click()  # the page is narrow
    assert_axe_finds_nothing_here(page)


def test_axe_finds_nothing_in_menu_search_and_shortcuts(chat: ChatPage) -> None:
    page, press = chat.page, chat.page.keyboard.press
    chat.ask("Show me some code")
    options = page.get_by_role("button", name="Options for “Show me some code”")
    options.focus()
    options.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    assert_axe_finds_nothing_here(page)
    press("Enter")
    expect(page.get_by_label("Name of the conversation")).to_be_focused()
    assert_axe_finds_nothing_here(page)
    press("Escape")
    press("Control+k")
    page.get_by_role("combobox", name="Search").fill("code")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
    assert_axe_finds_nothing(page)
    press("Escape")
    press("Control+/")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    assert_axe_finds_nothing(page)


def test_axe_finds_nothing_while_an_answer_comes(chat: ChatPage) -> None:
    chat.page.get_by_label("Model").select_option("mock-silence")
    chat.say("Show me some code")
    expect(chat.answer).to_contain_text("Here")
    assert violations(chat.page) == []


def test_only_what_matters_is_announced(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says(*(f"word {number} " for number in range(100)))
    scripted.page.evaluate("""() => {
        window.announced = [];
        for (const region of document.querySelectorAll("[role=status], [role=alert], [role=log], [aria-live]")) {
            new MutationObserver(() => window.announced.push(region.textContent))
                .observe(region, { childList: true, characterData: true, subtree: true });
        }
    }""")
    scripted.ask("Talk")
    expect(scripted.answer).to_contain_text("word 99")
    assert scripted.page.evaluate("announced") == ["Sent. Waiting for the answer.", "The answer is complete."]
    assert scripted.page.locator(".messages [role=status], .messages [aria-live]").count() == 0


def test_everything_can_be_done_by_keyboard(chat: ChatPage) -> None:
    page, press = chat.page, chat.page.keyboard.press
    expect(chat.prompt).to_be_focused()
    page.keyboard.type("echo: One")
    press("Enter")
    chat.wait_for_end()

    def back_to(name: str) -> None:
        for _ in range(12):
            press("Shift+Tab")
            active = "document.activeElement"
            if page.evaluate(f"{active}.getAttribute('aria-label') ?? {active}.textContent") == name:
                return
        raise AssertionError(f"{name} was not reached by keyboard")

    back_to("Try again")
    press("Enter")
    chat.wait_for_end()
    expect(chat.prompt).to_be_focused()
    back_to("Edit")
    press("Enter")
    page.keyboard.type(" and two")
    press("Control+Enter")
    chat.wait_for_end()
    expect(chat.answer).to_have_text("One and two")
    expect(chat.prompt).to_be_focused()
    back_to("Edit")
    press("Enter")
    press("Escape")
    expect(chat.page.get_by_role("button", name="Edit")).to_be_focused()
    back_to("Settings")
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("button", name="Settings")).to_be_focused()
    page.get_by_role("button", name="New conversation").first.click()
    chat.ask("echo: Two")

    def delete_from_menu() -> None:
        press("Enter")
        expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
        press("ArrowUp")
        press("Enter")

    back_to("Options for “echo: One and two”")
    delete_from_menu()
    expect(page.locator(".conversations__link")).to_have_text(["echo: Two"])
    expect(page.get_by_role("button", name="Options for “echo: Two”")).to_be_focused()
    delete_from_menu()
    expect(chat.messages).to_have_count(0)
    expect(chat.prompt).to_be_focused()
    back_to("Undo")
    press("Enter")
    expect(chat.answer).to_have_text("Two")


def test_whatever_has_the_focus_shows_it(chat: ChatPage) -> None:
    chat.ask("Show me some code")
    page = chat.page
    page.evaluate("document.activeElement.blur()")
    seen = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        name, is_shown = page.evaluate("""() => {
            const active = document.activeElement;
            const shown = active.closest(".composer__text") ? active.closest(".composer") : active;
            const { outlineStyle, outlineWidth, boxShadow, opacity } = getComputedStyle(shown);
            const ring = (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow.includes("3px");
            const tools = active.closest(".tools");
            return [active.outerHTML, ring && (!tools || getComputedStyle(tools).opacity === "1")];
        }""")
        assert is_shown or name.startswith("<body"), name
        seen.add(name)
    assert len(seen) > 12


@pytest.mark.parametrize("context_settings", [PHONE])
def test_touch_targets_are_large_enough(chat: ChatPage, context_settings: dict[str, Any]) -> None:  # noqa: ARG001
    page = chat.page
    chat.prompt.fill("Show me some code and a table" + "x" * 300)
    chat.send_button.tap()
    chat.wait_for_end()
    chat.prompt.fill("echo: | " + " | ".join("wide" * 4 for _ in range(6)) + " |\n|" + "---|" * 6)
    chat.send_button.tap()
    chat.wait_for_end()
    page.get_by_role("button", name="Conversations").tap()
    expect(page.locator(".conversations__link")).to_be_visible()
    small = page.evaluate("""() => [...document.querySelectorAll("button, select, a[href], summary, input")]
        .filter((element) => element.checkVisibility() && !element.closest(".skip, .prose p, .prose li"))
        .map((element) => [element.outerHTML, element.getBoundingClientRect()])
        .filter(([, { width, height }]) => width < 44 || height < 44)
        .map(([html, { width, height }]) => [html, width, height])""")
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="New conversation").first.tap()
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(chat.messages).to_have_count(0)


@pytest.mark.parametrize("context_settings", [PHONE])
def test_on_a_touch_screen_enter_starts_a_new_line(chat: ChatPage, context_settings: dict[str, Any]) -> None:  # noqa: ARG001
    chat.prompt.fill("one")
    chat.prompt.press("Enter")
    expect(chat.messages).to_have_count(0)
    expect(chat.prompt).to_have_value("one\n")


def test_nothing_moves_if_reduced_motion_is_preferred(chat: ChatPage) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    chat.page.get_by_label("Model").select_option("mock-silence-first")
    chat.say("Hello")
    expect(chat.page.locator(".waiting__dots i").first).to_have_css("animation-name", "none")


def test_light_or_dark_follows_the_system_unless_it_is_chosen(chat: ChatPage) -> None:
    page, body = chat.page, chat.page.locator("body")
    light, dark = "rgb(251, 250, 247)", "rgb(24, 23, 21)"
    expect(body).to_have_css("background-color", light)
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", dark)
    chat.button("Settings").click()
    page.get_by_label("Light").check()
    expect(body).to_have_css("background-color", light)
    page.reload()
    expect(body).to_have_css("background-color", light)

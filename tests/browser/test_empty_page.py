"""A conversation without messages: the function's name, suggestions, and a composer in the middle that moves down."""

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.chat_page import ChatPage

TOP = """async () => {
    const composer = document.querySelector("#composer");
    await Promise.all(composer.getAnimations().map((animation) => animation.finished));
    return composer.getBoundingClientRect().top / innerHeight;
}"""
"""Where the composer is once it has stopped moving, as a share of the window's height."""


def test_a_suggestion_is_sent_and_the_composer_moves_down(chat: ChatPage) -> None:
    page = chat.page
    expect(page).to_have_title("Chat")
    expect(page.locator(".empty__name")).to_have_text("Chat")
    suggestions = page.locator(".suggestion")
    expect(suggestions).to_have_count(4)
    assert 0.2 < page.evaluate(TOP) < 0.6
    assert violations(page) == []
    prompt = suggestions.first.text_content()
    page.evaluate("""() => {
        window.moves = [];
        const animate = Element.prototype.animate;
        Element.prototype.animate = function (...given) {
            window.moves.push(this.id);
            return animate.apply(this, given);
        };
    }""")
    suggestions.first.click()
    chat.wait_for_end()
    expect(page.locator(".prompt__text")).to_have_text(prompt or "")
    expect(chat.answer).to_contain_text("calorie-dense foods")
    expect(suggestions.first).to_be_hidden()
    page.wait_for_function("() => moves.length > 0")
    assert page.evaluate(TOP) > 0.8
    assert page.evaluate("moves") == ["composer"]
    page.emulate_media(reduced_motion="reduce")
    chat.button("New conversation").click()
    expect(suggestions.first).to_be_visible()
    assert page.evaluate(TOP) < 0.6
    chat.ask("echo: Hello")
    assert page.evaluate("moves") == ["composer"]
    page.reload()
    chat.wait_until_ready()
    assert page.evaluate(TOP) > 0.8


@pytest.mark.parametrize(("width", "height"), [(390, 800), (320, 640), (320, 256)])
def test_nothing_is_cut_off_in_a_small_window(page: Page, chat: ChatPage, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for shown in (page.locator(".empty__greeting"), chat.prompt, page.locator(".suggestion").last):
        shown.scroll_into_view_if_needed()
        box = shown.bounding_box()
        assert box
        assert 0 <= box["y"] <= height
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    boxes = [box for box in (page.locator(".composer, .suggestion").nth(at).bounding_box() for at in range(5)) if box]
    assert all(above["y"] + above["height"] <= below["y"] for above, below in itertools.pairwise(boxes))

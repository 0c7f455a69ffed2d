"""The page on paper, in few pixels, in forced colours, from right to left, and without JavaScript."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessibility import violations
from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.upstream import Upstream, says

WIDE = (
    "echo: "
    + "| "
    + " | ".join("wide" * 5 for _ in range(6))
    + " |\n|"
    + "---|" * 6
    + "\n\n```\n"
    + "x" * 400
    + "\n```"
)


@pytest.mark.parametrize(("width", "height"), [(320, 640), (320, 256)], ids=["320 pixels", "400 %"])
def test_in_320_pixels_nothing_is_cut_off(chat: ChatPage, width: int, height: int) -> None:
    page = chat.page
    chat.ask(WIDE)
    chat.button("Try again").click()
    chat.wait_for_end()
    page.set_viewport_size({"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(f"""() => [...document.querySelectorAll("button, select, textarea, .prompt__bubble")]
        .filter((element) => element.checkVisibility() && !element.closest(".sidebar"))
        .filter((element) => {{
            const {{ left, right }} = element.getBoundingClientRect();
            return left < 0 || right > {width};
        }})
        .map((element) => element.outerHTML)""")
    assert outside == []
    covered = page.evaluate("""() => [...document.querySelectorAll(".top, .bottom")]
        .filter((element) => getComputedStyle(element).position === "sticky")
        .reduce((sum, element) => sum + element.getBoundingClientRect().height, 0) / innerHeight""")
    assert covered < 0.5
    assert violations(page) == []


def test_small_print_begins_no_line_with_a_dot(chat: ChatPage) -> None:
    chat.page.set_viewport_size({"width": 320, "height": 640})
    chat.page.get_by_label("Model").select_option("mock-reasoning")
    chat.ask("Hello")
    text = chat.answers.last.locator(".answer__facts").evaluate("(element) => element.textContent")
    assert "\u00a0· " in text
    assert " ·" not in text


def test_in_forced_colours_bubble_and_current_conversation_are_marked(chat: ChatPage) -> None:
    chat.ask("echo: One")
    chat.page.emulate_media(forced_colors="active")
    expect(chat.page.locator(".prompt__bubble")).to_have_css("border-top-style", "solid")
    expect(chat.page.locator(".conversations__item")).to_have_css("outline-style", "solid")


def test_on_paper_speakers_are_named_and_nothing_is_cut_off(chat: ChatPage) -> None:
    page = chat.page
    chat.ask(WIDE)
    page.emulate_media(media="print")
    for speaker in page.locator(".speaker").all():
        expect(speaker).to_have_css("position", "static")
        box = speaker.bounding_box()
        assert box
        assert box["height"] > 10
    expect(chat.answer.locator("pre")).to_have_css("white-space", "pre-wrap")
    expect(page.locator("button:visible")).to_have_count(0)
    page.set_viewport_size({"width": 700, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) == 1


@pytest.mark.parametrize("kind", ["- ", "1. ", "> ", "| "])
def test_lists_quotes_and_tables_from_right_to_left(chat: ChatPage, kind: str) -> None:
    lines = "| שלום | עולם |\n|---|---|\n| אחד | שתיים |" if kind == "| " else f"{kind}שלום עולם\n{kind}עוד שורה"
    chat.ask(f"echo: {lines}")
    block = chat.answer.locator("ul, ol, blockquote, table").first
    expect(block).to_have_css("direction", "rtl")
    if kind in ("- ", "1. "):
        expect(block).to_have_css("padding-right", "24px")
    if kind == "> ":
        expect(block).to_have_css("border-right-width", "2px")
    if kind == "| ":
        first, second = (chat.answer.locator("td").nth(index).bounding_box() for index in (0, 1))
        assert first
        assert second
        assert first["x"] > second["x"]


def test_without_javascript_the_page_says_so(browser: Browser, proxy: Proxy) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(proxy.url())
    expect(page.locator(".no-script")).to_contain_text("JavaScript is off, and this page needs it.")
    expect(page.locator(".no-script")).to_be_visible()
    expect(page.get_by_label("Your message", exact=True)).to_be_hidden()
    expect(page.get_by_text("What would you like to know?")).to_be_hidden()
    context.close()


def test_a_long_prompt_is_folded(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("Read")
    text = "All of it. " * 900
    scripted.ask(text)
    shown = scripted.page.locator(".prompt__text")
    box = shown.bounding_box()
    assert box
    assert box["height"] < 700
    assert upstream.calls[0].body["messages"][0]["content"] == text.strip()
    scripted.button("Show all 9,899 characters").click()
    expect(shown).to_have_text(text.strip())
    scripted.button("Show less").click()
    expect(shown).to_have_text(re.compile(r"^All of it.{1000,1600}…$"))
    scripted.page.locator(".prompt").hover()
    scripted.button("Edit").click()
    expect(scripted.page.get_by_label("Edit your message")).to_have_value(text.strip())


def test_the_offline_notice_disappears_once_the_page_is_online(chat: ChatPage) -> None:
    page = chat.page
    page.context.set_offline(True)
    chat.ask("echo: Hello")
    expect(chat.failure).to_contain_text("You are offline.")
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.").locator("visible=true")).to_have_count(0)
    expect(chat.button("Try again")).to_be_visible()

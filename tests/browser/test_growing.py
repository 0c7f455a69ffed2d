"""An answer while it grows: what is shown and where the reader has scrolled to stay, and no markup is shown raw."""

import threading

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.markdown_view import VIEW
from tests.upstream import Call, Upstream

LIST = "".join(f"- Item {number} is **bold** and `code`, with some more words\n" for number in range(40))
TABLE = "| Name | Value | Remark |\n|---|---:|---|\n" + "".join(
    f"| Row {number} | {number} | **some** {'long' * 30} |\n" for number in range(40)
)
PROSE = "".join(f"Paragraph {number} has **bold** and *italic* text.\n\n" for number in range(40))
MIXED = f"# Title\n\n{PROSE}{LIST}\nBetween\n\n{TABLE}\n> A quote\n\n```py\nx = 1\n```\n\nThe end."


@pytest.mark.parametrize("text", [LIST, TABLE, PROSE, MIXED], ids=["list", "table", "prose", "mixed"])
def test_no_settled_node_is_replaced(chat: ChatPage, text: str) -> None:
    removed = chat.page.evaluate(
        f"""async (text) => {{
            {VIEW}
            const element = document.querySelector("#empty").appendChild(document.createElement("div"));
            const view = new MarkdownView(element);
            const removed = [];
            const observer = new MutationObserver((records) => {{
                for (const {{ removedNodes }} of records) {{
                    for (const node of removedNodes) removed.push(node.outerHTML ?? node.data);
                }}
            }});
            observer.observe(element, {{ childList: true, subtree: true }});
            const settled = new Set();
            for (let end = 0; end < text.length; end += 5) {{
                view.show(text.slice(0, end));
                const blocks = [...element.querySelectorAll("p, li, tr, .table, ul, h3")];
                for (const block of blocks.slice(0, -3)) settled.add(block);
            }}
            view.show(text);
            view.finish();
            await Promise.resolve();
            for (const block of settled) if (!element.contains(block)) removed.push("settled: " + block.outerHTML);
            element.remove();
            return removed;
        }}""",
        text,
    )
    assert [html for html in removed if html.startswith(("settled", "<li", "<tr", "<p", "<ul", "<div", "<table"))] == []


def test_markup_that_is_open_is_never_seen(chat: ChatPage) -> None:
    text = (
        "Some **bold text** and `code` and [a link](https://example.com/path) and ***both*** and ~~gone~~.\n\n"
        "- **First**: `x = 1`\n- *Second*\n  - nested **bold**\n\n1. One\n2. Two\n\n## A *title*\n\n"
        "| A | B |\n|---|---|\n| **a** | `b` |\n\n> quoted **text**\n\n---\n\nThe end"
    )
    seen = chat.page.evaluate(
        f"""async (text) => {{
            {VIEW}
            const element = document.createElement("div");
            const view = new MarkdownView(element);
            const seen = [];
            for (let end = 1; end <= text.length; end += 1) {{
                view.show(text.slice(0, end));
                const raw = element.innerText ?? element.textContent;
                if (/[*`~|\\[\\]#_]|\\(http|---/.test(element.textContent)) seen.push([text.slice(0, end), raw]);
            }}
            return seen;
        }}""",
        text,
    )
    assert seen == []


@pytest.mark.parametrize("text", [LIST, TABLE], ids=["list", "table"])
def test_selection_focus_and_scrolling_survive(chat: ChatPage, text: str) -> None:
    kept = chat.page.evaluate(
        f"""async (text) => {{
            {VIEW}
            const element = document.querySelector("#empty").appendChild(document.createElement("div"));
            element.className = "prose";
            element.style.maxWidth = "300px";
            const view = new MarkdownView(element);
            const half = Math.floor(text.length / 2);
            view.show(text.slice(0, half));
            const last = [...element.querySelectorAll("li, td")].pop();
            getSelection().selectAllChildren(last);
            const selected = getSelection().toString();
            const frame = element.querySelector(".table");
            frame?.focus();
            if (frame) frame.scrollLeft = 50;
            for (let end = half; end < text.length; end += 3) view.show(text.slice(0, end));
            view.show(text);
            view.finish();
            const result = [getSelection().toString().startsWith(selected) && selected !== "",
                !frame || (document.activeElement === frame && frame.scrollLeft === 50)];
            element.remove();
            return result;
        }}""",
        text,
    )
    assert kept == [True, True]


def test_the_page_stays_where_the_reader_has_scrolled_to(scripted: ChatPage, upstream: Upstream) -> None:
    more = threading.Semaphore(0)

    def long(call: Call) -> None:
        call.delta("\n\n".join(f"Paragraph {number}" for number in range(40)))
        for number in range(40, 80):
            assert more.acquire(timeout=60)
            call.delta(f"\n\nParagraph {number}")
        call.finish()

    upstream.script = long
    page = scripted.page
    scripted.say("Talk")
    more.release()
    expect(scripted.answer).to_contain_text("Paragraph 40")
    scripted.wait_until_below_px(0, 1)
    page.mouse.move(640, 300)
    page.mouse.wheel(0, -30)  # so little that a page which follows the answer would scroll back
    scripted.wait_until_below_px(30, 60)
    top = page.evaluate("scrollY")
    for number in range(41, 45):
        more.release()
        expect(scripted.answer).to_contain_text(f"Paragraph {number}")
    assert page.evaluate("scrollY") == top
    scripted.button("Latest").click()
    scripted.wait_until_below_px(0, 1)
    more.release()
    expect(scripted.answer).to_contain_text("Paragraph 45")
    scripted.wait_until_below_px(0, 1)
    expect(scripted.page.locator("#latest")).to_be_hidden()
    more.release(40)
    scripted.wait_for_end()

"""Code with coloured words and mathematics as MathML: loaded when they are needed, and stable while they grow."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.chat_page import ChatPage
from tests.browser.markdown_view import VIEW
from tests.browser.proxy import Proxy

CODE = 'import os\n\n"""A text\nof two lines."""\ndef f(x):\n    return x < 1  # a & b\n'
TEX = [
    r"\(a_1 * b_2 * c\)",
    r"\[ x_1 = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a} \]",
    "$$\n\\sum_{i=1}^n x_i * y_i\n= 1\n- 2\n$$",
    r"$$\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}$$",
    "\\[\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n\\]",
    r"$E = m*c^2$",
    r"$n$",
]
MATHML = {
    "math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mrow", "mroot", "mspace", "msqrt", "msub", "msubsup",
    "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip


def loaded(proxy: Proxy) -> set[str]:
    """The modules that the page has requested so far."""
    return {found[1] for seen in proxy.seen if (found := re.search(r"/assets/\w+/(.+)", seen.path))}


def test_neither_is_loaded_before_it_is_needed(chat: ChatPage, proxy: Proxy) -> None:
    chat.ask("echo: It costs $5 and not $6.\n\n```\nplain\n```\n\nUS$5 = 4 EUR, $6")
    chat.page.wait_for_load_state("networkidle")
    expect(chat.answer.locator("math")).to_have_count(0)
    expect(chat.answer.locator("p")).to_have_text(["It costs $5 and not $6.", "US$5 = 4 EUR, $6"])
    assert not {"vendor/highlight.js", "vendor/temml.js"} & loaded(proxy)
    chat.ask("echo: ```js\nlet a = 1\n```")
    expect(chat.answer.locator(".hljs-keyword")).to_have_text("let")
    assert "vendor/highlight.js" in loaded(proxy)
    assert "vendor/temml.js" not in loaded(proxy)
    chat.ask(r"echo: \(x\)")
    expect(chat.answer.locator("math")).to_have_text("x")
    assert "vendor/temml.js" in loaded(proxy)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_of_code_are_coloured_and_can_be_read(chat: ChatPage, scheme: str) -> None:
    chat.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    chat.ask(f'echo: ```py\n{CODE}```\n\n- In a list:\n\n  ```json\n  {{"a": 1}}\n  ```\n\n```nolang\nlet x\n```')
    blocks = chat.answer.locator(".code")
    expect(blocks.nth(0).locator(".hljs-keyword")).to_have_text(["import", "def", "return"])
    expect(blocks.nth(0).locator(".hljs-string")).to_have_text(['"""A text\n', 'of two lines."""'])
    expect(blocks.nth(1).locator(".hljs-attr")).to_have_text('"a"')
    expect(blocks.nth(2).locator("code span")).to_have_count(0)
    assert blocks.nth(0).locator("code").evaluate("(code) => code.textContent") == CODE.rstrip("\n")
    colours = (
        blocks.nth(0).locator("code span[class]").evaluate_all("(all) => all.map((it) => getComputedStyle(it).color)")
    )
    assert len(set(colours)) > 3
    assert violations(chat.page) == []


def test_lines_of_code_that_are_complete_are_not_made_again(chat: ChatPage) -> None:
    chat.ask("echo: ```py\nx = 1\n```")
    expect(chat.answer.locator(".hljs-number")).to_be_visible()
    removed, text, coloured = chat.page.evaluate(
        f"""async (code) => {{
            {VIEW}
            const element = document.querySelector("main").appendChild(document.createElement("div"));
            const view = new MarkdownView(element);
            const removed = [];
            const observer = new MutationObserver((records) => {{
                for (const {{ target, removedNodes }} of records) {{
                    if (target.nodeName === "CODE") for (const node of removedNodes) removed.push(node.textContent);
                }}
            }});
            observer.observe(element, {{ childList: true, subtree: true }});
            const source = "```py\\n" + code + "```";
            const settled = [];
            for (let end = 0; end <= source.length; end += 2) {{
                view.show(source.slice(0, end));
                await new Promise(requestAnimationFrame);
                for (const line of [...element.querySelectorAll("code > span")].slice(0, -1)) {{
                    if (!settled.includes(line)) settled.push(line);
                }}
            }}
            view.show(source);
            view.finish();
            for (const line of settled) if (!element.contains(line)) removed.push(line.textContent);
            const code_ = element.querySelector("code");
            while (!code_.querySelector(".hljs-comment")) await new Promise(requestAnimationFrame);
            const result = [removed, code_.textContent, code_.querySelectorAll(".hljs-keyword").length];
            element.remove();
            return result;
        }}""",
        CODE,
    )
    assert [line for line in removed if line.strip()] == []
    assert text == CODE.rstrip("\n")
    assert coloured == 3


@pytest.mark.parametrize("tex", TEX)
def test_mathematics_is_verbatim_while_it_grows_and_then_mathml(chat: ChatPage, tex: str) -> None:
    shown = chat.page.evaluate(
        f"""async (tex) => {{
            {VIEW}
            const inline = tex.includes("\\n") ? tex : `Before *it* ${{tex}} after **it**.`;
            const texts = [inline, `Before:\\n\\n${{tex}}\\n\\nAfter.`, `- An item: ${{tex}}`];
            return Promise.all(texts.map(async (text) => {{
                const grown = document.createElement("div");
                const view = new MarkdownView(grown);
                const damaged = [];
                const start = text.indexOf(tex);
                for (let end = 1; end <= text.length; end += 1) {{
                    view.show(text.slice(0, end));
                    const part = text.slice(start, Math.min(end, start + tex.length)).trimEnd();
                    const isOpen = end > start + 3 && end < start + tex.length;
                    const isSure = !/^\\$[^$]/.test(tex); // one dollar alone may be a price
                    if (isSure && isOpen && !grown.textContent.includes(part)) damaged.push([part, grown.textContent]);
                }}
                view.finish();
                const deadline = performance.now() + 15_000;
                while (!grown.querySelector("math") && performance.now() < deadline) {{
                    await new Promise(requestAnimationFrame);
                }}
                const count = (selector) => grown.querySelectorAll(selector).length;
                return [damaged, count("math"), count(".math em, math em")];
            }}));
        }}""",
        tex,
    )
    assert shown[:2] == [[[], 1, 0], [[], 1, 0]]
    assert "\n" in tex or shown[2] == [[], 1, 0]


@pytest.mark.parametrize(
    "text",
    [
        r"\(\frac{\)",
        r"\[ a & b \unknown \]",
        r"$$\href{javascript:window.hacked=1}{x}$$",
        r"\(\includegraphics{https://evil.test/x.png}\)",
        r"\(\style{position:fixed}{x}\)",
    ],
)
def test_what_cannot_be_parsed_stays_as_it_was_written(chat: ChatPage, text: str) -> None:
    chat.ask(f"echo: It is {text} and \\(x\\).")
    expect(chat.answer.locator("math")).to_have_count(1)
    expect(chat.answer).to_have_text(f"It is {text} and x.")


def test_mathematics_is_mathml_that_the_page_allows_and_nothing_else(chat: ChatPage, page: Page) -> None:
    tex = (
        r"\sqrt[3]{x} \binom{n}{k} \color{red}{z} \cancel{x} \boxed{y} \hat{x} \overline{ab} \underbrace{a}_{n}"
        r' \text{if <b> "x" style="a"} \left( \frac12 \right] \lim_{x \to 0} \mathbb{R}'
        r" \begin{array}{l|r}a&b\\\hline c&d\end{array} \begin{cases}1\\2\end{cases}"
    )
    chat.ask(f"echo: $${tex}$$\n\nand \\(x\\)")
    expect(chat.answer.locator("math")).to_have_count(2)
    expect(chat.answer.locator("math").first).to_have_css("display", "block math")
    found = chat.answer.locator("math, math *").evaluate_all(
        """(all) => all.map((it) =>
            [it.localName, it.namespaceURI, it.getAttributeNames(), it.getAttribute("style") ?? ""])"""
    )
    assert {name for name, *_ in found} <= MATHML
    assert {namespace for _, namespace, *_ in found} == {"http://www.w3.org/1998/Math/MathML"}
    assert not {"href", "src", "id", "data-style"} & {name for *_, names, _ in found for name in names}
    assert {rule.split(":")[0] for *_, style in found for rule in style.split("; ") if rule} <= {
        "padding", "padding-left", "padding-right", "border", "border-right", "border-bottom", "color",
    }  # fmt: skip
    assert page.evaluate("window.hacked") is None
    assert violations(page) == []

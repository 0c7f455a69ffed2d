"""Markdown of an answer: how it is shown, whole and while it grows."""

from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage


def test_markdown_is_rendered(chat: ChatPage) -> None:
    chat.ask("Show me some code")
    code = chat.answer.locator(".code")
    expect(code.first.locator(".code__head span")).to_have_text("python")
    expect(code.first.locator("code")).to_contain_text(
        'print(count_words("to be or not to be") & Counter("a < b > c"))'
    )
    chat.ask("A table, please")
    expect(chat.answer.locator("table th")).to_have_text(["Language", "Greeting", "Since", "Typing"])
    expect(chat.answer.locator("tbody tr")).to_have_count(4)
    expect(chat.answer.locator("td").nth(2)).to_have_css("text-align", "right")
    chat.ask("What are some calorie dense foods?")
    expect(chat.answer.locator("ol > li")).to_have_count(9)
    expect(chat.answer.locator("ol > li strong").first).to_have_text("Nuts and nut butters")


def test_markdown_that_grows_looks_as_if_it_had_come_whole(chat: ChatPage) -> None:
    samples = [
        "# A\n\ntext **bold** `code`\n\n- one\n- two\n  - three\n\n    more\n\n1. x\n2. y\n\n> quoted\nlazy\n\nend",
        "```py\na\n\n\nb\n```\n\nbetween\n\n    indented\n\n~~~\nlast",
        "| a | b |\n|--:|:-:|\n| 1 | 2<br>3 |\n\nSetext\n===\n\nSee [it][1], [that].\n\n[1]: https://a.test\n[that]: https://b.test",
        "para\r\nwith\r\n\r\nCRLF\r\rand CR\n\n***\n\n- [x] done\n- [ ] not\n\n<b>raw</b>\n\n<div>\n\n*a*\n\n</div>",
        "👩‍💻 ünï *cöde* 日本語\n\n1. a\n\n   b\n2. c\n\n\n\n\nd",
    ]
    differing = chat.page.evaluate(
        """async (samples) => {
            const version = new URL(document.querySelector("script").src).searchParams.get("v");
            const module = await import(`${location.pathname}/assets/${version}/markdown.js`);
            const differing = [];
            for (const text of samples) {
                const whole = document.createElement("div");
                const view = new module.MarkdownView(whole);
                view.show(text);
                view.finish();
                for (const step of [1, 2, 3, 7]) {
                    const grown = document.createElement("div");
                    const growing = new module.MarkdownView(grown);
                    for (let end = step; end < text.length + step; end += step) growing.show(text.slice(0, end));
                    growing.finish();
                    for (const each of [grown, whole]) each.normalize(); // a text in several nodes looks the same
                    if (!grown.isEqualNode(whole)) differing.push([step, grown.innerHTML, whole.innerHTML]);
                }
            }
            return differing;
        }""",
        samples,
    )
    assert differing == []

"""A conversation, by clicking and typing: what it shows, what it sends, what it keeps."""

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.speaking import begins, ends
from tests.upstream import Call, Upstream, says


def said(call: Call) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in call.body["messages"]]


def test_an_answer_appears_token_by_token(scripted: ChatPage, upstream: Upstream) -> None:
    shown = threading.Semaphore(0)

    def one_by_one(call: Call) -> None:
        for word in ("One", " two", " three"):
            call.delta(word)
            assert shown.acquire(timeout=15), "the page has not shown the last word"
        call.finish()

    upstream.script = one_by_one
    scripted.say("Count")
    for text in ("One", "One two", "One two three"):
        expect(scripted.answer).to_have_text(text)
        expect(scripted.answer).to_have_attribute("aria-busy", "true")
        shown.release()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_attribute("aria-busy", "false")
    assert said(upstream.calls[0]) == [("user", "Count")]


def test_the_whole_conversation_is_sent_with_each_message(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("Hello", " Ada.")
    scripted.ask("I am Ada")
    scripted.ask("Who am I?")
    expected = [("user", "I am Ada"), ("assistant", "Hello Ada."), ("user", "Who am I?")]
    assert said(upstream.calls[1]) == expected


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


def test_a_long_answer_is_shown_within_its_frames(chat: ChatPage) -> None:
    typical_ms = chat.page.evaluate(
        """async () => {
            const version = new URL(document.querySelector("script").src).searchParams.get("v");
            const { MarkdownView } = await import(`${location.pathname}/assets/${version}/markdown.js`);
            const view = new MarkdownView(document.createElement("div"));
            const part = "## Part\\n\\nSome **text** with `code`.\\n\\n- a\\n- b\\n\\n```\\nx = 1\\n```\\n\\n";
            let text = "";
            const times = [];
            while (text.length < 50_000) {
                text += part;
                const start = performance.now();
                view.show(text);
                times.push(performance.now() - start);
            }
            return times.sort((one, other) => one - other)[Math.floor(times.length / 2)];
        }"""
    )
    assert typical_ms < 8


def test_answer_code_and_message_are_copied_as_they_were_written(chat: ChatPage) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    source = "Some *text*\n\n```sh\necho  'a  b'\n\techo c\n```"

    def copied(button: Locator) -> str:
        button.click()
        expect(button).to_have_accessible_name("Copied")
        text: str = chat.page.evaluate("navigator.clipboard.readText()")
        return text

    chat.ask(f"echo: {source}")
    assert copied(chat.answer.locator(".code [data-do=copy-code]")) == "echo  'a  b'\n\techo c"
    assert copied(chat.answers.last.locator(".tools [data-do=copy]")) == source
    chat.page.locator(".prompt").hover()
    assert copied(chat.page.locator(".prompt [data-do=copy]")) == f"echo: {source}"


def test_stop_ends_the_answer_here_and_upstream(scripted: ChatPage, upstream: Upstream) -> None:
    def endless(call: Call) -> None:
        call.delta("It begins")
        call.wait_for_disconnect()

    upstream.script = endless
    scripted.say("Talk")
    expect(scripted.answer).to_have_text("It begins")
    scripted.stop_button.click()
    assert upstream.wait_for_call().disconnected.wait(15)
    scripted.wait_for_end()
    expect(scripted.failure).to_contain_text("Stopped.")
    expect(scripted.answer).to_have_text("It begins")
    expect(scripted.prompt).to_be_focused()


def test_escape_stops_too(chat: ChatPage) -> None:
    chat.page.get_by_label("Model").select_option("mock-silence-first")
    chat.say("Hello")
    expect(chat.answers.locator(".waiting")).to_be_visible()
    chat.prompt.press("Escape")
    expect(chat.failure).to_contain_text("Stopped.")


def test_a_stopped_answer_continues_where_it_was_stopped(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("One, two")
    scripted.say("Count")
    expect(scripted.answer).to_have_text("One, two")
    scripted.stop_button.click()
    upstream.script = says(", three", ".")
    scripted.button("Continue the answer").click()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text("One, two, three.")
    *before, partial, wish = said(upstream.calls[1])
    assert before == [("user", "Count")]
    assert partial == ("assistant", "One, two")
    assert wish[0] == "user"
    scripted.ask("Thanks")
    assert said(upstream.calls[2])[1] == ("assistant", "One, two, three.")


def test_an_answer_at_the_length_limit_can_be_continued(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = ends("Half", reason="length")
    scripted.ask("Talk")
    expect(scripted.failure).to_contain_text("length limit")
    upstream.script = says(" and half")
    scripted.button("Continue the answer").click()
    scripted.wait_for_end()
    expect(scripted.answer).to_have_text("Half and half")
    expect(scripted.failure).to_have_count(0)


def test_another_try_is_another_version_of_the_answer(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("First")
    scripted.ask("Hello")
    upstream.script = says("Second")
    scripted.button("Try again").click()
    scripted.wait_for_end()
    expect(scripted.answers).to_have_count(1)
    expect(scripted.answer).to_have_text("Second")
    expect(scripted.answers.last).to_contain_text("2/2")
    assert said(upstream.calls[1]) == [("user", "Hello")]
    scripted.button("Previous version").click()
    expect(scripted.answer).to_have_text("First")
    expect(scripted.button("Next version")).to_be_focused()
    scripted.page.reload()
    expect(scripted.answer).to_have_text("First")
    scripted.ask("And now?")
    assert said(upstream.calls[2]) == [("user", "Hello"), ("assistant", "First"), ("user", "And now?")]
    scripted.answers.first.get_by_role("button", name="Next version").click()
    expect(scripted.answers).to_have_count(1)
    expect(scripted.answer).to_have_text("Second")
    scripted.button("Previous version").click()
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Hello", "And now?"])


def test_a_message_is_edited_and_sent_again(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("First")
    scripted.ask("Hello")
    scripted.ask("What about this?")
    scripted.page.locator(".prompt").first.hover()
    scripted.page.locator(".prompt [data-do=edit]").first.click()
    editor = scripted.page.get_by_label("Edit your message").first
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Hello")
    editor.fill("Hello there")
    scripted.button("Cancel").click()
    expect(scripted.page.locator(".prompt__text").first).to_have_text("Hello")
    scripted.page.locator(".prompt [data-do=edit]").first.click()
    editor.fill("Good morning")
    upstream.script = says("Good morning to you")
    scripted.button("Send again").click()
    scripted.wait_for_end()
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Good morning"])
    expect(scripted.answer).to_have_text("Good morning to you")
    assert said(upstream.calls[2]) == [("user", "Good morning")]
    scripted.button("Previous version").click()
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Hello", "What about this?"])
    expect(scripted.answers).to_have_text([re.compile("First"), re.compile("First")])


def test_escape_in_an_edit_ends_only_that(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = begins("Talking")
    scripted.say("Talk")
    expect(scripted.answer).to_have_text("Talking")
    scripted.page.locator(".prompt").hover()
    scripted.button("Edit").click()
    scripted.page.keyboard.press("Escape")
    expect(scripted.page.get_by_label("Edit your message")).to_be_hidden()
    expect(scripted.stop_button).to_be_visible()
    scripted.stop_button.click()


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


def test_an_answer_goes_on_while_another_conversation_is_open(scripted: ChatPage, upstream: Upstream) -> None:
    go_on = threading.Event()

    def slow(call: Call) -> None:
        call.delta("Slow")
        assert go_on.wait(15)
        call.delta(" but sure")
        call.finish()

    upstream.script = slow
    scripted.say("Take your time")
    expect(scripted.answer).to_have_text("Slow")
    scripted.button("New conversation").click()
    expect(scripted.messages).to_have_count(0)
    expect(scripted.stop_button).to_be_hidden()
    scripted.page.get_by_role("link", name="Take your time").click()
    expect(scripted.answer).to_have_text("Slow")
    expect(scripted.stop_button).to_be_visible()
    scripted.button("New conversation").click()
    go_on.set()
    expect(scripted.page.locator(".conversations__link--running")).to_have_count(0)
    scripted.page.get_by_role("link", name="Take your time").click()
    expect(scripted.answer).to_have_text("Slow but sure")
    assert len(upstream.calls) == 1


def test_two_tabs_show_the_same_conversations(chat: ChatPage) -> None:
    other = chat.page.context.new_page()
    second = ChatPage(other, chat.url).open()
    chat.ask("echo: From the first tab")
    other.get_by_role("link", name="echo: From the first tab").click()
    expect(second.answer).to_have_text("From the first tab")
    second.ask("echo: From the second tab")
    expect(chat.answer).to_have_text("From the second tab")


def test_a_conversation_is_exported_as_markdown(chat: ChatPage, tmp_path: Path) -> None:
    chat.ask("echo: **bold**\n\n- list")
    with chat.page.expect_download() as download:
        chat.button("Export as Markdown").click()
    assert download.value.suggested_filename == "echo-bold.md"
    download.value.save_as(tmp_path / "export.md")
    assert (tmp_path / "export.md").read_text() == (
        "# echo: **bold**\n\n## You\n\necho: **bold**\n\n- list\n\n## Answer (mock-fast)\n\n**bold**\n\n- list\n"
    )


def test_system_prompt_and_model_can_be_chosen_if_the_function_allows_it(chat: ChatPage) -> None:
    model = chat.page.get_by_label("Model")
    model.select_option("mock-reasoning")
    chat.button("Settings").click()
    system = chat.page.get_by_label("System prompt of this conversation")
    expect(system).to_have_value("Be brief.")
    system.fill("Speak like a pirate.")
    chat.button("Done").click()
    chat.ask("Hello")
    expect(chat.answer).to_contain_text("My instructions begin “Speak like a pirate.”")
    expect(chat.answers.last.locator(".answer__facts")).to_contain_text("mock-reasoning")
    chat.page.reload()
    expect(model).to_have_value("mock-reasoning")
    chat.button("New conversation").click()
    expect(model).to_have_value("mock-reasoning")
    model.select_option("mock-fast")
    chat.ask("Hello")
    expect(chat.answer).to_contain_text("My instructions begin “Be brief.”")
    chat.button("Settings").click()
    system.fill("")
    chat.button("Done").click()
    chat.ask("Hello again")
    expect(chat.answer).not_to_contain_text("My instructions")


def test_nothing_is_offered_that_the_function_does_not_allow(scripted: ChatPage) -> None:
    expect(scripted.page.get_by_label("Model")).to_be_hidden()
    scripted.button("Settings").click()
    expect(scripted.page.get_by_label("System prompt of this conversation")).to_be_hidden()
    expect(scripted.button("Done")).to_be_visible()


def test_reasoning_is_separate_from_the_answer(chat: ChatPage) -> None:
    chat.page.get_by_label("Model").select_option("mock-reasoning")
    chat.ask("Is it so?")
    expect(chat.answer).not_to_contain_text("step by step")
    thoughts = chat.answers.last.locator(".reasoning__text")
    expect(thoughts).to_be_hidden()
    chat.page.locator(".reasoning summary").click()
    expect(thoughts).to_contain_text("step by step")


def test_the_small_print_has_tokens_and_times(chat: ChatPage) -> None:
    chat.ask("Hello")
    facts = chat.answers.last.locator(".answer__facts")
    expect(facts).to_have_text(
        re.compile(
            r"^mock-fast\s· \d+ tokens in, \d+ out\s· first token after [\d.]+ m?s\s· [\d.]+ m?s in total"
            r"\s· [\d.,]+ tokens per second$"
        )
    )
    expect(facts).to_be_hidden()
    chat.button("Tokens and times").click()
    expect(facts).to_be_visible()


def test_a_note_says_how_many_messages_were_left_out(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("word " * 120)
    scripted.ask("First " * 20)
    expect(scripted.page.get_by_text("This function sends the model")).to_be_hidden()
    upstream.script = says("Short")
    scripted.ask("Second " * 20)
    expect(scripted.answers.last).to_contain_text(
        "sends the model at most about 200 tokens of a conversation, so it left out the 2 oldest messages."
    )
    assert said(upstream.calls[1]) == [("user", ("Second " * 20).strip())]


def test_enter_sends_and_shift_enter_does_not(chat: ChatPage) -> None:
    height = chat.prompt.bounding_box()
    chat.prompt.press_sequentially("echo: one")
    chat.prompt.press("Shift+Enter")
    chat.prompt.press_sequentially("two")
    expect(chat.messages).to_have_count(0)
    chat.prompt.press("Enter")
    chat.wait_for_end()
    expect(chat.page.locator(".prompt__text")).to_have_text("echo: one\ntwo")
    expect(chat.prompt).to_have_value("")
    expect(chat.prompt).to_be_focused()
    assert height
    expect(chat.prompt).to_have_css("height", f"{height['height']:g}px")


def test_nothing_is_sent_while_an_answer_comes_or_nothing_is_written(scripted: ChatPage, upstream: Upstream) -> None:
    go_on = threading.Event()

    def slow(call: Call) -> None:
        call.delta("Wait")
        go_on.wait(15)
        call.finish()

    upstream.script = slow
    scripted.prompt.press("Enter")
    scripted.prompt.fill("  \n ")
    scripted.prompt.press("Enter")
    expect(scripted.messages).to_have_count(0)
    scripted.say("Once")
    expect(scripted.answer).to_have_text("Wait")
    scripted.say("Not yet")
    scripted.send_button.click(force=True)  # it says that it is disabled
    expect(scripted.prompt).to_have_value("Not yet")
    go_on.set()
    scripted.wait_for_end()
    assert len(upstream.calls) == 1
    scripted.prompt.press("Enter")
    expect(scripted.page.locator(".prompt__text")).to_have_text(["Once", "Not yet"])


def test_the_page_stays_where_the_reader_has_scrolled_to(scripted: ChatPage, upstream: Upstream) -> None:
    more = threading.Semaphore(0)

    def long(call: Call) -> None:
        call.delta("\n\n".join(f"Paragraph {number}" for number in range(40)))
        for number in range(40, 80):
            assert more.acquire(timeout=15)
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


def test_a_message_in_the_address_is_filled_in_and_not_sent(chat: ChatPage) -> None:
    chat.page.goto(f"{chat.url}?message=Hello%20there")
    chat.wait_until_ready()
    expect(chat.prompt).to_have_value("Hello there")
    expect(chat.messages).to_have_count(0)


@pytest.mark.parametrize("fragment", ["index", "nothing", "<b>", "%"])
def test_a_link_to_an_unknown_conversation_opens_a_new_one(chat: ChatPage, fragment: str) -> None:
    chat.ask("echo: One")
    chat.page.goto(f"{chat.url}#{fragment}")
    chat.page.reload()
    chat.wait_until_ready()
    expect(chat.messages).to_have_count(0)
    chat.ask("echo: Two")
    expect(chat.answer).to_have_text("Two")

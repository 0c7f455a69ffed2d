"""Files of a message: when they are added, to which conversation, and which are refused or quoted as text."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route, expect

from tests.browser.attachments import choose, file, png
from tests.browser.chat_page import ChatPage
from tests.browser.speaking import ends
from tests.upstream import Upstream, says


def hold(chat: ChatPage, name: str) -> Callable[[], None]:
    """Delays a file of the page until the returned function is called."""
    held: list[Route] = []
    chat.page.route(f"**/{name}", lambda route: held.append(route))

    def release() -> None:
        for route in held:
            route.continue_()

    return release


def test_a_message_waits_for_the_file_that_is_being_read(scripted: ChatPage, upstream: Upstream, attached: Any) -> None:
    release = hold(scripted, "files.js")
    with scripted.page.expect_request("**/files.js"):
        choose(scripted, file("a.txt", b"Hello", "text/plain"))
    scripted.say("Read")
    expect(attached).to_have_count(0)
    assert not upstream.calls
    release()
    expect(scripted.answers).to_have_count(1)
    scripted.wait_for_end()
    assert upstream.calls[-1].body["messages"][-1]["content"] == "Read\n\nThe file “a.txt”:\n\n```\nHello\n```"


def test_a_message_is_kept_if_the_file_that_it_waits_for_is_refused(scripted: ChatPage, upstream: Upstream) -> None:
    release = hold(scripted, "files.js")
    with scripted.page.expect_request("**/files.js"):
        choose(scripted, file("a.txt", b"", "text/plain"))
    scripted.say("Read")
    release()
    expect(scripted.page.locator("#refusal")).to_contain_text("“a.txt” is empty.")
    expect(scripted.page.locator("#prompt")).to_have_value("Read")
    choose(scripted, file("b.txt", b"x", "text/plain"))
    expect(scripted.page.locator("#attachments li")).to_have_count(1)
    assert not upstream.calls


def test_a_file_is_added_to_the_conversation_in_which_it_was_chosen(
    scripted: ChatPage, upstream: Upstream, attached: Any
) -> None:
    upstream.script = says("Yes")
    scripted.ask("First")
    release = hold(scripted, "files.js")
    with scripted.page.expect_request("**/files.js"):
        choose(scripted, file("a.txt", b"Hello", "text/plain"))
    scripted.button("New conversation").click()
    release()
    scripted.page.get_by_role("link", name="First").click()
    expect(attached).to_have_count(1)


def test_what_is_no_image_and_no_text_is_refused_with_its_reason(scripted: ChatPage, attached: Any) -> None:
    refusal = scripted.page.locator("#refusal")
    broken = png(30, 30)[:40]
    for name, content, media_type, reason in [
        ("plan.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "“plan.svg” is an SVG"),
        ("plan.svg", b"<svg/>", "", "“plan.svg” is an SVG"),
        ("cat.png", broken, "image/png", "“cat.png” cannot be shown as an image: it is damaged"),
        ("cat.jpg", b"", "image/jpeg", "“cat.jpg” cannot be shown as an image"),
        ("a.zip", b"PK\x03\x04\0\0", "application/zip", "“a.zip” is not text"),
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x01\x02", "application/pdf", "“a.pdf” is not text"),
        ("big.bin", b"\0" * 300_000, "", "“big.bin” is not text"),
        ("big.txt", b"word " * 50_000, "text/plain", "“big.txt” is 250 KB: at most 200 KB"),
        ("empty.txt", b" \n", "text/plain", "“empty.txt” is empty."),
    ]:
        choose(scripted, file(name, content, media_type))
        expect(refusal).to_contain_text(reason)
        expect(scripted.status).to_contain_text(reason)
        expect(attached).to_have_count(0)


def test_at_most_five_files_are_taken(scripted: ChatPage, attached: Any) -> None:
    choose(scripted, *(file(f"{number}.txt", b"x", "text/plain") for number in range(6)))
    expect(attached).to_have_count(5)
    expect(scripted.page.locator("#refusal")).to_have_text("At most 5 files can be added to one message.")


def test_text_files_are_quoted_with_their_names(scripted: ChatPage, upstream: Upstream, attached: Any) -> None:
    upstream.script = ends("Read", reason="stop")
    refusal = scripted.page.locator("#refusal")
    choose(scripted, file("notes.md", "\ufeffCafé\r\n```\ncode\n```\n".encode(), "text/markdown"))
    expect(attached).to_contain_text("notes.md")
    expect(refusal).to_be_hidden()
    choose(scripted, file("old.csv", "Größe;1\n".encode("cp1252"), "text/csv"))
    expect(refusal).to_contain_text("“old.csv” is not UTF-8 and was read as Windows-1252")
    choose(scripted, file("wide.txt", "ab".encode("utf-16"), "text/plain"))
    expect(refusal).to_contain_text("“wide.txt” is not UTF-8 and was read as UTF-16LE")
    scripted.ask("Compare")
    assert upstream.calls[-1].body["messages"][-1]["content"] == (
        "Compare\n\nThe file “notes.md”:\n\n````\nCafé\n```\ncode\n```\n````\n\n"
        "The file “old.csv”:\n\n```\nGröße;1\n```\n\nThe file “wide.txt”:\n\n```\nab\n```"
    )
    shown = scripted.page.locator(".prompt details").first
    expect(shown.locator("pre")).to_be_hidden()
    shown.locator("summary").click()
    expect(shown.locator("pre")).to_contain_text("Café")


def test_attachments_stay_with_the_conversation_in_which_they_were_added(
    scripted: ChatPage, upstream: Upstream, attached: Any
) -> None:
    upstream.script = says("Yes")
    scripted.ask("First")
    choose(scripted, file("one.txt", b"x", "text/plain"))
    expect(attached).to_have_count(1)
    scripted.button("New conversation").click()
    expect(attached).to_have_count(0)
    scripted.page.get_by_role("link", name="First").click()
    expect(attached).to_have_text(re.compile("one.txt"))

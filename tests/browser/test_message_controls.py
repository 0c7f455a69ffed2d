"""The buttons of messages, the look of failures, and a conversation that is copied or exported."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.browser.speaking import begins
from tests.upstream import Upstream, says


def test_every_icon_has_a_name_and_a_tooltip(scripted: ChatPage, upstream: Upstream) -> None:
    upstream.script = says("One")
    scripted.ask("Count")
    scripted.button("Try again").click()
    scripted.wait_for_end()
    found = scripted.page.evaluate("""() => [...document.querySelectorAll("button:has(svg), .tools button")]
        .filter((button) => button.checkVisibility() && !button.textContent.trim())
        .map((button) => [button.getAttribute("aria-label"), button.title])""")
    assert {name for name, _ in found} >= {"Copy", "Edit", "Try again", "Tokens and times", "Previous version", "Send"}
    assert [name for name, tooltip in found if not name or not tooltip] == []


def test_only_what_has_failed_is_red(scripted: ChatPage, upstream: Upstream, scripted_proxy: Proxy) -> None:
    page = scripted.page
    upstream.script = begins("One")
    scripted.say("Count")
    expect(scripted.answer).to_have_text("One")
    scripted.stop_button.click()
    scripted.wait_for_end()
    assert not is_red(scripted)
    upstream.script = lambda call: call.refuse(429, headers=[("Retry-After", "30")])
    scripted.ask("Too much")
    expect(scripted.answers.last).to_contain_text("Too many requests.")
    assert not is_red(scripted)
    page.context.set_offline(True)
    scripted.ask("Offline")
    assert not is_red(scripted)
    page.context.set_offline(False)
    scripted_proxy.token = "x"
    scripted.ask("Locked")
    assert not is_red(scripted)
    scripted_proxy.token = None
    upstream.script = lambda call: call.refuse(500)
    scripted.ask("Fail")
    assert is_red(scripted)


def is_red(chat: ChatPage) -> bool:
    last = chat.answers.last.locator(".failure")
    expect(last).to_be_visible()
    return "failure--bad" in (last.get_attribute("class") or "")


@pytest.mark.parametrize("context_settings", [{"permissions": ["clipboard-read", "clipboard-write"]}])
def test_the_whole_conversation_is_copied_as_markdown(
    scripted: ChatPage,
    upstream: Upstream,
    context_settings: dict[str, Any],  # noqa: ARG001
) -> None:
    upstream.script = says("**Two**")
    files = [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"1\n"}]
    scripted.page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    expect(scripted.page.locator("#attachments li")).to_have_count(1)
    scripted.ask("One")
    scripted.button("Copy the conversation as Markdown").click()
    expect(scripted.status).to_have_text("Copied.")
    assert scripted.page.evaluate("navigator.clipboard.readText()") == (
        "# One\n\n## You\n\nOne\n\n### a.txt\n\n```\n1\n```\n\n## Answer (gpt-4o-mini)\n\n**Two**\n"
    )


def test_a_conversation_is_exported_as_markdown(chat: ChatPage, tmp_path: Path) -> None:
    chat.ask("echo: **bold**\n\n- list")
    with chat.page.expect_download() as download:
        chat.button("Export as Markdown").click()
    assert download.value.suggested_filename == "echo-bold.md"
    download.value.save_as(tmp_path / "export.md")
    assert (tmp_path / "export.md").read_text() == (
        "# echo: **bold**\n\n## You\n\necho: **bold**\n\n- list\n\n## Answer (mock-fast)\n\n**bold**\n\n- list\n"
    )


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

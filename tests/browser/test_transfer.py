"""Export and import of all conversations, and what a file may not do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chat_page import STORED, ChatPage
from tests.browser.database import FULL, STORE, WITHOUT_INDEXEDDB, answer, prompt
from tests.browser.proxy import Proxy

IMAGE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
RICH: list[Any] = [
    "rich",
    {
        "title": "Kept",
        "name": "Kept",
        "isPinned": True,
        "labelledAt": 7,
        "updatedAt": 1_760_000_000_000,
        "system": "Be kind.",
        "selected": {"a": "b"},
    },
    [
        prompt("<b>HTML</b>", "a")
        | {
            "attachments": [
                {"name": "dot.gif", "url": IMAGE, "width": 1, "height": 1},
                {"name": "a.txt", "text": "words"},
            ]
        },
        answer(
            "First",
            "b",
            "a",
            model="mock",
            reasoning="Because",
            reasoningMs=5,
            toolCalls=[{"index": 0, "id": "x", "name": "add", "arguments": "{}", "result": {"constructor": [1, None]}}],
            citations=[{"url": "https://example.com/", "title": "Example"}],
            steps=[{"name": "s", "state": "finished"}],
            data=[{"a": 1}],
        ),
        answer("Second", "c", "a", 3),
        answer("Third", "d", "a", 4, state="running", owner="tab"),
    ],
]


def export(page: Page) -> dict[str, Any]:
    page.get_by_role("button", name="Settings").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export all").click()
    page.get_by_role("button", name="Done").click()
    file: dict[str, Any] = json.loads(Path(download.value.path()).read_bytes())
    return file


def choose(page: Page, file: str) -> None:
    """Imports a file, with the settings open."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import", exact=True).click()
    chooser.value.set_files({"name": "x.json", "mimeType": "application/json", "buffer": file.encode()})


def import_(page: Page, file: object) -> None:
    page.get_by_role("button", name="Settings").click()
    choose(page, json.dumps(file))


@pytest.fixture
def rich(page: Page, proxy: Proxy) -> ChatPage:
    chat = ChatPage(page, proxy.url()).open()
    page.evaluate(STORE, [RICH])
    page.reload()
    chat.wait_until_ready()
    return chat


def test_another_browser_gets_everything_and_can_undo_it(rich: ChatPage, browser: Browser, proxy: Proxy) -> None:
    rich.ask("echo: Two")
    file = export(rich.page)
    assert (file["format"], file["version"]) == ("chat-conversations", 1)
    assert [each["title"] for each in file["conversations"]] == ["echo: Two", "Kept"]
    with browser.new_context() as context:
        chat = ChatPage(context.new_page(), proxy.url()).open()
        other = ChatPage(context.new_page(), proxy.url()).open()
        page = chat.page
        import_(page, file)
        expect(page.get_by_text("Imported: 2 added, 0 changed, 0 skipped.")).to_be_visible()
        expect(page.get_by_role("dialog")).to_be_hidden()
        for tab in (chat, other):
            expect(tab.page.get_by_role("list", name="Pinned")).to_have_text("Kept")
        chat.button("Undo").click()
        for tab in (chat, other):
            expect(tab.page.locator(".conversations__link")).to_have_count(0)
        assert "Because" not in page.evaluate(STORED)

        import_(page, file)
        other.page.get_by_role("link", name="Kept").click()
        expect(other.answer).to_have_text("First")
        for part in ("1/3", "Example", "add"):
            expect(other.answers.last).to_contain_text(part)
        expect(other.page.locator(".prompt__text")).to_have_text("<b>HTML</b>")
        again = export(other.page)

    def kept(exported: dict[str, Any]) -> dict[str, Any]:
        messages = next(each for each in exported["conversations"] if each["id"] == "rich")["messages"]
        return {message["id"]: message for message in messages}

    for message_id in ("a", "b", "c"):
        given = {key: value for key, value in kept(file)[message_id].items() if value is not None}
        assert {key: value for key, value in kept(again)[message_id].items() if value is not None} == given
    assert kept(again)["d"]["failure"] == {"kind": "left"}

    # A browser that has all of it already, and newer, changes nothing.
    import_(rich.page, file)
    expect(rich.page.get_by_text("Nothing new in the file: 0 added, 0 changed, 2 skipped.")).to_be_visible()


def test_an_import_keeps_newer_messages_adds_new_ones_and_can_be_undone(rich: ChatPage) -> None:
    page = rich.page
    file = export(page)
    rich_copy = file["conversations"][0]
    rich_copy["revision"] += 1
    messages = {message["id"]: message for message in rich_copy["messages"]}
    messages["b"].update(text="Older, of another browser", revision=0)
    messages["c"].update(text="Second, finished", revision=9)
    rich_copy["messages"] += [prompt("Go on", "e", "b"), answer("Fourth", "f", "e")]
    rich_copy["name"], rich_copy["labelledAt"] = "Renamed", 8
    page.get_by_role("link", name="Kept").click()
    expect(rich.answer).to_have_text("First")
    for _ in range(2):
        import_(page, file)
        expect(page.get_by_text("Imported: 0 added, 1 changed, 0 skipped.")).to_be_visible()
        expect(page.locator("#title")).to_have_text("Renamed")
        expect(rich.answers.locator(".prose")).to_have_text(["First", "Fourth"])
        stored = page.evaluate(STORED)
        assert "Second, finished" in stored
        assert "Older, of another" not in stored
        rich.button("Undo").click()
        expect(page.locator("#title")).to_have_text("Kept")
        expect(rich.answers.locator(".prose")).to_have_text(["First"])
        stored = page.evaluate(STORED)
        assert "Fourth" not in stored
        assert "Second, finished" not in stored


def test_an_import_restores_a_deleted_conversation_for_good(rich: ChatPage) -> None:
    page = rich.page
    file = export(page)
    page.clock.install()
    rich.choose("Kept", "Delete")
    expect(page.get_by_text("Conversation deleted.")).to_be_visible()
    import_(page, file)
    expect(page.get_by_text("Imported: 1 added")).to_be_visible()
    page.mouse.move(640, 300)
    page.clock.fast_forward(60_000)
    expect(page.locator("#toast")).to_be_hidden()
    page.reload()
    rich.wait_until_ready()
    page.get_by_role("link", name="Kept").click()
    expect(rich.answer).to_have_text("First")


def changed(change: Callable[[Any], object]) -> str:
    """A file with one conversation of a prompt and an answer, changed."""
    messages = [prompt("Hostile", "a"), answer("Hostile", "b", "a")]
    conversation = {"id": "h", "revision": 1, "updatedAt": 1, "messages": messages}
    file = {"format": "chat-conversations", "version": 1, "conversations": [conversation]}
    change(file)
    return json.dumps(file)


def first(file: Any) -> Any:
    return file["conversations"][0]


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


REFUSED = {
    "": "is not JSON",
    '{"format": "chat-conversations", "version": 1, "conversations": [': "is not JSON",
    "[" * 100_000: "is not JSON",
    "null": "no conversations of this page",
    '{"messages": []}': "no conversations of this page",
    changed(lambda file: file.update(version=2)): "version 2, and this page reads version 1",
    changed(lambda file: file.update(version="1")): 'version is "1": expected 1',
    changed(lambda file: file.update(conversations={})): "conversations is an object: expected a list",
    changed(lambda file: file["conversations"].append(first(file))): "Two of conversations have the same id",
    changed(lambda file: first(file).update(id="<img>")): 'conversations[0].id is "<img>": expected an id',
    changed(lambda file: first(file).update(name="x" * 3_000)): "name is a text of 3,000 characters",
    changed(lambda file: first(file).update(revision=1e300)): "revision is 1e+300",
    changed(lambda file: first(file).update(updatedAt="now")): 'updatedAt is "now": expected a number',
    changed(lambda file: first(file).update(selected=[])): "selected is a list: expected an object",
    changed(lambda file: first(file).update(selected={"__proto__": "a"})): "has the key “__proto__”",
    changed(lambda file: first(file)["messages"].append(None)): "messages[2] is null: expected an object",
    changed(lambda file: first(file)["messages"][0].update(role="system")): "role is \"system\": expected one of user",
    changed(lambda file: first(file)["messages"][0].update(text={"a": 1})): "text is an object: expected a text",
    changed(lambda file: first(file)["messages"][0].update(parentId="b")): "comes before itself",
    changed(lambda file: first(file)["messages"][1].update(data=nested(200))): "nested too deeply",
    changed(lambda file: first(file)["messages"][1].update(toolCalls=[{"name": 1}])): "toolCalls[0].index is missing",
    changed(lambda file: first(file)["messages"][1].update(failure={"kind": "x"})): 'kind is "x": expected one of',
    changed(lambda file: first(file)["messages"][0].update(attachments=[{"name": "a", "url": "https://a.test/"}])):
        "expected an image as a data URL",
}  # fmt: skip


def test_a_file_that_is_wrong_changes_nothing_and_the_page_says_what_is_wrong(chat: ChatPage) -> None:
    page = chat.page
    chat.ask("echo: Here")
    before = page.evaluate(STORED)
    page.get_by_role("button", name="Settings").click()
    for file, reason in REFUSED.items():
        choose(page, file)
        expect(page.locator("#transfer-problem")).to_contain_text("Nothing was imported.")
        expect(page.locator("#transfer-problem")).to_contain_text(reason)
    page.evaluate(FULL)
    choose(page, changed(lambda _: None))
    expect(page.locator("#transfer-problem")).to_contain_text("This browser has no room for these conversations.")
    page.keyboard.press("Escape")
    expect(page.locator(".conversations__link")).to_have_text(["echo: Here"])
    assert page.evaluate(STORED) == before


def test_without_storage_import_and_export_work_in_memory(page: Page, proxy: Proxy, context: BrowserContext) -> None:  # noqa: ARG001
    page.add_init_script(WITHOUT_INDEXEDDB["missing"])
    chat = ChatPage(page, proxy.url()).open()
    import_(page, json.loads(changed(lambda _: None)))
    expect(page.get_by_text("Imported: 1 added")).to_be_visible()
    page.get_by_role("link", name="Hostile").click()
    expect(chat.answer).to_have_text("Hostile")
    assert [each["title"] for each in export(page)["conversations"]] == ["Hostile"]
    chat.button("Undo").click()
    expect(chat.messages).to_have_count(0)

"""Images and text files of a message: how they are added, what is sent of them, and what is refused."""

import base64
import json
import random
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.speaking import ends
from tests.fronts import DIRECT, serve
from tests.upstream import Upstream, says

MAX_BODY = 1024 * 1024  # the function's, by default


def png(width: int, height: int, *, noise: bool = False) -> bytes:
    """A picture whose upper half is red and whose lower half is blue, or noise, which cannot be compressed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def pixels(row: int) -> bytes:
        if noise:
            return random.Random(row).randbytes(3 * width)
        return (b"\xff\0\0" if row < height / 2 else b"\0\0\xff") * width

    rows = (b"\0" + pixels(row) for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )


def file(name: str, content: bytes, media_type: str = "") -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": content}


def choose(chat: ChatPage, *files: FilePayload) -> None:
    chat.page.locator("#files").set_input_files(list(files))


def parts(upstream: Upstream, message: int = -1) -> list[dict[str, Any]]:
    content = upstream.calls[-1].body["messages"][message]["content"]
    assert isinstance(content, list), content
    return content


def shown_size(page: Page, url: str) -> list[int]:
    """Width and height of an image, and the colour of the pixel at a quarter of both."""
    result: list[int] = page.evaluate(
        """async (url) => {
            const image = Object.assign(new Image(), { src: url });
            await image.decode();
            const { width, height } = image;
            const canvas = Object.assign(document.createElement("canvas"), { width, height });
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            return [width, height, ...context.getImageData(width / 4, height / 4, 1, 1).data];
        }""",
        url,
    )
    return result


def bring(chat: ChatPage, how: str, content: bytes, name: str, media_type: str) -> None:
    """Pastes a file into the message, or drops it on the page, as a browser does."""
    chat.page.evaluate(
        """([how, bytes, name, type]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type }));
            const common = { bubbles: true, cancelable: true };
            const event = how === "paste"
                ? new ClipboardEvent("paste", { ...common, clipboardData: data })
                : new DragEvent("drop", { ...common, dataTransfer: data });
            document.querySelector(how === "paste" ? "#prompt" : "#messages").dispatchEvent(event);
        }""",
        [how, base64.b64encode(content).decode(), name, media_type],
    )


@pytest.fixture
def attached(scripted: ChatPage) -> Any:
    return scripted.page.locator("#attachments li")


def test_an_image_is_scaled_down_sent_and_kept(scripted: ChatPage, upstream: Upstream, attached: Any) -> None:
    page = scripted.page
    upstream.script = says("Two colours")
    bring(scripted, "paste", png(3000, 1500), "flag.png", "image/png")
    expect(attached.get_by_role("img", name="flag.png")).to_be_visible()
    scripted.ask("What is it?")
    expect(attached).to_have_count(0)
    text, image = parts(upstream)
    assert text == {"type": "text", "text": "What is it?"}
    assert shown_size(page, image["image_url"]["url"]) == [1536, 768, 255, 0, 0, 255]
    shown = page.locator(".prompt").get_by_role("img", name="flag.png")
    expect(shown).to_be_visible()
    page.reload()
    expect(shown).to_be_visible()
    scripted.button("Try again").click()
    scripted.wait_for_end()
    assert parts(upstream) == [text, image]
    page.locator(".prompt").hover()
    scripted.button("Edit").click()
    page.get_by_label("Edit your message").fill("And now?")
    scripted.button("Send again").click()
    scripted.wait_for_end()
    assert parts(upstream) == [{"type": "text", "text": "And now?"}, image]
    other = ChatPage(page.context.new_page(), page.url).open()
    expect(other.page.locator(".prompt").get_by_role("img", name="flag.png")).to_be_visible()
    other.page.close()


def test_an_image_without_words_is_a_message_that_can_be_dropped_and_removed(
    scripted: ChatPage, upstream: Upstream, attached: Any
) -> None:
    upstream.script = says("A picture")
    bring(scripted, "drop", png(40, 40), "one.png", "image/png")
    bring(scripted, "drop", png(20, 20), "two.png", "image/png")
    expect(attached).to_have_count(2)
    scripted.button("Remove “one.png”").click()
    expect(attached).to_have_count(1)
    expect(scripted.send_button).to_have_attribute("aria-disabled", "false")
    scripted.send_button.click()
    scripted.wait_for_end()
    (image,) = parts(upstream)
    assert shown_size(scripted.page, image["image_url"]["url"])[:2] == [20, 20]
    expect(scripted.page.locator("#title")).to_have_text("two.png")


def exif_rotated(page: Page) -> bytes:
    """A JPEG of 40 by 20, red on the left, whose EXIF data say that it must be turned by 90 degrees."""
    url: str = page.evaluate(
        """() => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 20 });
            const context = canvas.getContext("2d");
            for (const [index, colour] of ["#f00", "#00f"].entries()) {
                context.fillStyle = colour;
                context.fillRect(20 * index, 0, 20, 20);
            }
            return canvas.toDataURL("image/jpeg", 1);
        }"""
    )
    jpeg = base64.b64decode(url.partition(",")[2])
    tiff = b"MM\0\x2a\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def test_a_photo_is_sent_upright_and_without_its_exif_data(
    scripted: ChatPage, upstream: Upstream, attached: Any
) -> None:
    choose(scripted, file("photo.jpg", exif_rotated(scripted.page), "image/jpeg"))
    expect(attached).to_have_count(1)
    scripted.ask("Which way up?")
    url = parts(upstream)[-1]["image_url"]["url"]
    width, height, red, _, blue, _ = shown_size(scripted.page, url)
    assert (width, height) == (20, 40)
    assert red > 200 > 50 > blue  # what was on the left is on top
    assert b"Exif" not in base64.b64decode(url.partition(",")[2])


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


def test_older_images_are_left_out_so_that_the_request_stays_below_the_limit(
    scripted: ChatPage, upstream: Upstream
) -> None:
    requests: list[str] = []
    scripted.page.on("request", lambda request: requests.append(request.post_data or ""))
    upstream.script = says("Seen")
    noise = png(400, 400, noise=True)
    for turn in range(2):
        choose(scripted, *(file(f"noise-{turn}-{index}.png", noise, "image/png") for index in range(5)))
        expect(scripted.page.locator("#attachments li")).to_have_count(5)
        scripted.ask(f"Number {turn}")
        expect(scripted.failure).to_have_count(0)
    first, second = (request for request in requests if request)
    assert first.count('"image_url":{') == 5
    assert len(second) <= MAX_BODY
    older, _, newer = (message["content"] for message in json.loads(second)["messages"])
    assert [part["type"] for part in newer] == ["text"] + ["image_url"] * 5
    left_out = [part["text"] for part in older[1:] if part["type"] == "text"]
    assert 0 < len(left_out) < 5
    assert left_out[0] == "(The image “noise-0-0.png” is left out here.)"
    some = f"{len(left_out)} images" if len(left_out) > 1 else "One image"
    note = scripted.answers.last.locator(".answer__trimmed")
    expect(note).to_contain_text(re.compile(rf"{some} of this conversation (was|were) not sent, the oldest first"))
    expect(note).to_contain_text("a request has room for at most 20 images and 1 MiB.")


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


def test_images_are_refused_with_a_message_if_they_are_off(page: Page, built: Any, upstream: Upstream) -> None:
    upstream.script = says("Yes")
    with serve(DIRECT, built, openai_base_url=upstream.url, chat_images="false") as function:
        chat = ChatPage(page, f"{function.url}/").open()
        choose(chat, file("cat.png", png(9, 9), "image/png"))
        expect(page.locator("#refusal")).to_have_text("This function takes no images, only text files.")
        choose(chat, file("a.txt", b"Hello", "text/plain"))
        chat.ask("Read")
    assert upstream.calls[-1].body["messages"][-1]["content"] == "Read\n\nThe file “a.txt”:\n\n```\nHello\n```"

"""Images of a message: how they are scaled and turned, what is sent of them, and what is left out."""

import base64
import json
import re
import struct
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.attachments import bring, choose, file, png
from tests.browser.chat_page import ChatPage
from tests.fronts import DIRECT, serve
from tests.upstream import Upstream, says

MAX_BODY = 1024 * 1024  # the function's, by default


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


def test_images_are_refused_with_a_message_if_they_are_off(page: Page, built: Any, upstream: Upstream) -> None:
    upstream.script = says("Yes")
    with serve(DIRECT, built, openai_base_url=upstream.url, chat_images="false") as function:
        chat = ChatPage(page, f"{function.url}/").open()
        choose(chat, file("cat.png", png(9, 9), "image/png"))
        expect(page.locator("#refusal")).to_have_text("This function takes no images, only text files.")
        choose(chat, file("a.txt", b"Hello", "text/plain"))
        chat.ask("Read")
    assert upstream.calls[-1].body["messages"][-1]["content"] == "Read\n\nThe file “a.txt”:\n\n```\nHello\n```"

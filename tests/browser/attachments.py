"""Files that a test attaches to a message: pictures and others, chosen, pasted or dropped."""

import base64
import random
import struct
import zlib

from playwright.sync_api import FilePayload

from tests.browser.chat_page import ChatPage


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

"""Which images a request may have: inside the request, of a type that models read, few and small enough."""

import base64
import binascii
import re
from typing import Any

from faas_stream import ClientError

from .history import Message

MAX_COUNT = 20
"""Images in one request."""

MAX_BYTES = 2 * 1024 * 1024
"""Bytes of one image. The page scales its images down to a fraction of this."""

# What OpenAI, Anthropic and Google read; each with the bytes that its files begin with.
_SIGNATURES = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a"),
}
TYPES = tuple(_SIGNATURES)
_DATA_URL = re.compile(r"data:(?P<type>[\w.+-]*/[\w.+-]*);base64,", re.IGNORECASE)


def check_images(messages: list[Message], are_accepted: bool) -> None:
    """Raises ClientError, status 400, which names the part, for an image that may not be sent to the model."""
    places = [
        (f"messages[{row}].content[{column}]", message, part)
        for row, message in enumerate(messages)
        if isinstance(message.get("content"), list)
        for column, part in enumerate(message["content"])
        if part["type"] == "image_url"
    ]
    if places and not are_accepted:
        raise ClientError(
            f"{places[0][0]} is an image, and this function takes none: send text only, or set chat_images to "
            '"true" in stack.yaml.',
            code="images_not_accepted",
        )
    if len(places) > MAX_COUNT:
        raise ClientError(f"The request has {len(places)} images: send at most {MAX_COUNT}.", code="too_many_images")
    for where, message, part in places:
        if message["role"] != "user":
            raise ClientError(f"{where} is an image in a message of role {message['role']!r}: expected user.")
        _check_image(part, where)


def _check_image(part: dict[str, Any], where: str) -> None:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    if not isinstance(url, str):
        raise ClientError(f'{where} has no address: expected {{"image_url": {{"url": "data:image/png;base64,…"}}}}.')
    head = _DATA_URL.match(url)
    if not head:
        raise ClientError(
            f"{where} is {url[:40]!r}: expected the image itself, as data:image/png;base64,…. This function fetches "
            "no addresses.",
            code="image_not_inline",
        )
    media_type = head["type"].lower()
    if media_type not in _SIGNATURES:
        raise ClientError(
            f"{where} has the type {media_type[:40]!r}: expected one of {', '.join(TYPES)}.", code="image_type"
        )
    try:
        content = base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise ClientError(f"{where} is not valid base64.", code="image_broken") from None
    if len(content) > MAX_BYTES:
        raise ClientError(
            f"{where} has {len(content)} bytes: send images of at most {MAX_BYTES} bytes.", code="image_too_large"
        )
    if not _SIGNATURES[media_type].match(content):
        raise ClientError(
            f"{where} says {media_type}, but its bytes are of another type: expected the two to match.",
            code="image_broken",
        )

"""Server-Sent Events as bytes: WHATWG HTML, section 9.2, "Server-sent events".

This module knows the wire and nothing else: no format, no source, no HTTP.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DONE = "[DONE]"
"""The data of the event that ends a stream, as OpenAI's API has it."""

# The only line ends of the standard. `str.splitlines` also breaks at U+2028, U+0085 and others, which are text here.
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream, for handlers that need more than `data`.

    data: text, or a mapping or list that is sent as JSON.
    event: the event's name; one line. EventSource dispatches an unnamed event as "message".
    id: what a reconnecting browser sends back as `Last-Event-ID`; one line without U+0000.
    retry: the reconnection time in milliseconds.

    Raises ValueError for a name or id that would break out of its line, because that would be header injection.
    """

    data: str | Mapping[str, Any] | Sequence[Any] = ""
    event: str | None = None
    id: str | None = None
    retry: int | None = None

    def __post_init__(self) -> None:
        for field, value in (("event", self.event), ("id", self.id)):
            if value is not None and _LINE_END.search(value):
                raise ValueError(f"Event.{field} is {value!r}, but it must fit on one line: remove its line breaks")
        if self.id is not None and "\0" in self.id:
            raise ValueError(f"Event.id is {self.id!r}, but clients ignore an id with U+0000: remove it")
        if self.retry is not None and (not isinstance(self.retry, int) or self.retry < 0):
            raise ValueError(f"Event.retry is {self.retry!r}, but it must be a whole number of milliseconds, 0 or more")

    def text(self) -> str:
        """The data as it goes on the wire."""
        return self.data if isinstance(self.data, str) else json.dumps(self.data)


def encode(data: str, event: str | None = None, id: str | None = None, retry: int | None = None) -> bytes:
    """One frame, with its blank line. Line breaks inside `data` survive as further `data:` lines.

    CR and CRLF reach the client as LF, because the format has no other line break. A lone surrogate, which UTF-8 cannot
    carry, becomes "?".
    """
    # Clients strip one space after each colon, so that a delta's own leading space stays.
    if "\n" in data or "\r" in data:
        data = "\ndata: ".join(_LINE_END.split(data))
    head = f"id: {id}\n" if id is not None else ""
    if event:
        head += f"event: {event}\n"
    if retry is not None:
        head += f"retry: {retry}\n"
    return f"{head}data: {data}\n\n".encode("utf-8", "replace")


def only_id(id: str) -> bytes:
    """An event that only sets the id that a client sends when it reconnects.

    No client listens for its name. Without data, EventSource would not dispatch it and would still keep the id, but
    npm's eventsource would not keep it.
    """
    return encode("", event="id", id=id)


def comment(text: str = "") -> bytes:
    """A line that clients skip, without a blank line of its own.

    openai-python takes the blank line after a comment for an empty event, and fails on it, once any id was sent.
    """
    return f": {_LINE_END.sub(' ', text)}\n".encode("utf-8", "replace")

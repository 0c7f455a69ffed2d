"""What a reader is sent: status and headers when the first bytes are due, then bytes. The lock is its owner's."""

import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from wsgiref.util import is_hop_by_hop

from faas_stream.errors import Failure
from faas_stream.padding import Padding

SLICE_BYTES = 64 * 1024
"""The most that is written at once: a single write never blocks, however large, and what it leaves is memory."""

StartResponse = Callable[[str, list[tuple[str, str]]], Callable[[bytes], object]]


class Head(NamedTuple):
    """Status line and headers of an answer."""

    status: str
    headers: list[tuple[str, str]]


def sendable(headers: list[tuple[str, str]], more: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers that the server takes, with more of them where they are not there already: twice is refused.

    A function may not speak of its server's connection: waitress answers 500 to one that does (T12). Raises
    UnicodeEncodeError for what is not Latin-1, which waitress finds out when it is too late for another answer.
    """
    headers = [pair for pair in headers if not is_hop_by_hop(pair[0])]
    there = {name.lower() for name, _value in headers}
    headers += [pair for pair in more.items() if pair[0].lower() not in there]
    for _name, value in headers:
        value.encode("latin-1")
    return headers


class Outgoing(Protocol):
    """What is sent: iterate for its pieces.

    heartbeat: what fills silence, None where nothing can. opening: what begins the answer when its first item is late.
    padding: for a reader whom the hops would buffer.
    """

    finish_reason: str | None
    usage: Mapping[str, Any] | None
    events: int
    padding: Padding | None

    def pause(self) -> None: ...
    @property
    def readable(self) -> Any: ...
    @property
    def heartbeat(self) -> bytes | None: ...
    @property
    def opening(self) -> bytes: ...
    def __iter__(self) -> Iterator[bytes | None]: ...
    def error(self, code: str, message: str) -> bytes: ...
    def close(self) -> None: ...


Beginning = tuple[Head, Outgoing]


class Reply:
    """head, answer: what to begin with, which may change until it has begun; None for not known yet.

    early: makes both, where a late handler's answer can be begun without it. status: 0 until it has begun.
    """

    def __init__(
        self, start_response: StartResponse, clock: Callable[[], float],
        early: Callable[[], Beginning | None] | None = None,
    ) -> None:  # fmt: skip
        self._start_response, self._clock = start_response, clock
        self._early = early
        self.head: Head | None = None
        self.answer: Outgoing | None = None
        self.status = 0
        self._write: Callable[[bytes], object] | None = None

    @property
    def has_begun(self) -> bool:
        return self._write is not None

    @property
    def is_padded(self) -> bool:
        return self.answer is not None and self.answer.padding is not None

    @property
    def heartbeat(self) -> bytes | None:
        return self.answer.heartbeat if self.answer else None

    def opening(self) -> bytes:
        """What to begin with now, though the first item, or even the handler, is late; b"" for nothing."""
        if self.answer is None and self._early and (beginning := self._early()):
            self.head, self.answer = beginning
        return self.answer.opening if self.answer else b""

    def claim(self) -> bool:
        """True if it has not begun, and will not before its head is set."""
        if not self.has_begun:
            self.head = self.answer = self._early = None
        return not self.has_begun

    def send(self, piece: bytes, *, is_last: bool = False) -> bool:
        """Begins, if it is known with what, and writes the piece. True if anything was written.

        Raises what the server raises: OSError once the reader is gone, anything else for a head that cannot be sent.
        """
        if self.answer is not None and (padding := self.answer.padding) is not None:
            piece = padding.rest() + piece if is_last else padding.add(piece, self._clock())
        if self._write is None and self.head is not None:
            self.status = int(self.head.status[:3])
            self._write = self._start_response(self.head.status, self.head.headers)
        if self._write is None or not piece:
            return False
        for start in range(0, len(piece), SLICE_BYTES):
            self._write(piece[start : start + SLICE_BYTES])
        return True

    def words_for(self, found: Failure) -> bytes:
        """What tells the reader of a failure: an error page if nothing was sent yet, else the answer's error frame.

        Empty for an answer that has no such frame.
        """
        if self._write is not None:
            return self.answer.error(found.code, found.message) if self.answer else b""
        body = json.dumps(found.body()).encode() + b"\n"
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *found.headers.items()]
        self.head = Head(f"{found.status} {HTTPStatus(found.status).phrase}", headers)
        return body

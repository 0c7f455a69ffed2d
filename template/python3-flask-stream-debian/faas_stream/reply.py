"""What a reader is sent: status and headers when the first bytes are due, then bytes. The lock is its owner's."""

import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from faas_stream.errors import Failure
from faas_stream.padding import Padding

SLICE_BYTES = 64 * 1024
"""The most that is written at once: a single write never blocks, however large, and what it leaves is memory."""

StartResponse = Callable[[str, list[tuple[str, str]]], Callable[[bytes], object]]


class Head(NamedTuple):
    """Status line and headers of an answer."""

    status: str
    headers: list[tuple[str, str]]


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


class Reply:
    """head, answer: what to begin with, which may change until it has begun; None for not known yet.

    status: 0 until it has begun.
    """

    def __init__(
        self, start_response: StartResponse, clock: Callable[[], float],
        head: Head | None = None, answer: Outgoing | None = None,
    ) -> None:  # fmt: skip
        self._start_response, self._clock = start_response, clock
        self.head, self.answer = head, answer
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

"""A handler's own streaming response: relayed as it is, with the lifecycle of any other."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from faas_stream import framing
from faas_stream.padding import Padding


class Relayed:
    """The pieces of a `Response(generator)`. Its frames are the author's, and so is its end marker.

    An event stream gets heartbeats and, if it is cut, an error frame; anything else can only be broken off.
    """

    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None

    def __init__(
        self, pieces: Iterable[bytes], close: Callable[[], None], *, is_event_stream: bool, source: Any = None
    ) -> None:
        self._source, self._pauses = source, False
        self._pieces, self._close, self._is_event_stream = pieces, close, is_event_stream
        self._tail = b"\n\n"
        self.events = 0
        self.padding: Padding | None = None

    @property
    def heartbeat(self) -> bytes | None:
        """A comment, but only between lines: an author may yield half of one."""
        return framing.comment() if self._is_event_stream and self._tail.endswith(b"\n") else None

    @property
    def opening(self) -> bytes:
        return self.heartbeat or b""

    def __iter__(self) -> Iterator[bytes | None]:
        for piece in self._pieces:
            if self._pauses and not piece:
                yield None
                continue
            self.events += bool(piece)
            self._tail = (self._tail + piece)[-2:]
            yield piece

    def pause(self) -> None:
        """Has the iteration yield None instead of waiting, if the source can: with this method, b"" and `readable`."""
        if callable(pause := getattr(self._source, "pause", None)):
            self._pauses = True
            pause()

    @property
    def readable(self) -> Any:
        return getattr(self._source, "readable", None)

    def error(self, code: str, message: str) -> bytes:
        """The error frame, behind whatever frame is still open; nothing where the stream has no such frames."""
        if not self._is_event_stream:
            return b""
        ending = {b"\n\n": b"", b"\r\n": b"\n"}.get(self._tail, b"\n" if self._tail.endswith(b"\n") else b"\n\n")
        # Both as the format `text` has it and as OpenAI's SDKs look for it: whose stream this is, is not known.
        error = {"code": code, "message": message, "type": "server_error", "param": None}
        return ending + framing.encode(json.dumps({"code": code, "message": message, "error": error}), event="error")

    def close(self) -> None:
        self._close()

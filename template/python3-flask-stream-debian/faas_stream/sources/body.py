"""The body of an SDK's HTTP response, read below its HTTP library where that can be reached.

httpx2 hands every chunk through h11, a parser in Python, which costs more than all else that is done for a token. And
its connection is never used again, because nobody reads on behind `[DONE]`. What is reached for here is private to
httpx2 and httpcore2 (seen in 2.16), so whatever does not look as expected is left to `iter_bytes`.
"""

import select
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from faas_stream.sources.chunk import StreamFailedError

READ_BYTES = 64 * 1024

SETTLE_S = 0.02
"""How long the end of the transfer may be behind the last event, for the connection to be worth keeping."""


class Body:
    """Iterate it for its bytes, as they arrive; `settle` it before the response is closed."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._below = _below(response)
        self._chunks = Chunks()
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        if self._below is None:
            yield from self._response.iter_bytes()
            return
        parser, socket = self._below
        # The answer's watch has the time; with a timeout each read would be three calls of the kernel.
        socket.settimeout(None)
        data = _taken(parser)
        while True:
            if found := self._chunks.feed(data):
                self._is_over = b"[DONE]" in found
                yield found
            if self._chunks.is_ended:
                return
            data = socket.recv(READ_BYTES)
            if not data:
                raise ConnectionResetError("upstream broke the connection off")

    def settle(self) -> None:
        """Lets the connection serve the next answer, if the transfer has ended, or is about to."""
        with suppress(OSError):  # the end of a connection that is closed anyway
            self._settle()

    def _settle(self) -> None:
        if self._below is None:
            return
        parser, socket = self._below
        # Only behind the last event: an answer that its reader has left would be read, and paid for, to its end.
        if self._is_over and not self._chunks.is_ended and select.select([socket], [], [], SETTLE_S)[0]:
            self._chunks.feed(socket.recv(READ_BYTES))
        if self._chunks.is_ended:
            parser.receive_data(b"0\r\n\r\n")  # what it would have read last
            parser.next_event()


class Chunks:
    """A decoder of chunked transfer coding (RFC 9112, section 7.1): bytes in, bytes out. is_ended: nothing follows."""

    def __init__(self) -> None:
        self.is_ended = False
        self._rest = b""
        self._left = 0  # of the chunk that is being read, with its line end

    def feed(self, data: bytes) -> bytes:
        """The content that these bytes complete. Raises StreamFailedError for what is no chunk."""
        data, self._rest = self._rest + data, b""
        found, at = [], 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                at += len(piece)
                self._left -= len(piece)
                # Of the last two bytes, the line end, some may have come.
                found.append(piece[: len(piece) - (2 - self._left)] if self._left < 2 else piece)
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                self._rest = data[at:]
                break
            size = _size(data[at:end])
            if size == 0:
                # Trailers, which no provider sends, end in a blank line too.
                self.is_ended = data.endswith(b"\r\n\r\n")
                self._rest = b"" if self.is_ended else data[at:]
                break
            at, self._left = end + 2, size + 2
        return b"".join(found)


def _size(line: bytes) -> int:
    try:
        size = int(line.partition(b";")[0], 16)
    except ValueError:
        size = -1
    if size < 0:
        raise StreamFailedError("upstream's transfer is not chunked as it says")
    return size


def _below(response: Any) -> tuple[Any, Any] | None:
    """The HTTP parser's state and the socket of a response that may be read below; None for any other."""
    try:
        connection = response.stream._stream._httpcore_stream._stream._connection
        parser, socket = connection._h11_state, connection._network_stream.get_extra_info("socket")
        headers = response.headers
        is_plain = headers.get("transfer-encoding") == "chunked" and "content-encoding" not in headers
        can_be_read = callable(parser._receive_buffer.maybe_extract_at_most) and callable(socket.recv)
        return (parser, socket) if is_plain and can_be_read else None
    except AttributeError:
        return None


def _taken(parser: Any) -> bytes:
    """What arrived together with the headers, taken out of the parser."""
    return bytes(parser._receive_buffer.maybe_extract_at_most(READ_BYTES * 1024) or b"")

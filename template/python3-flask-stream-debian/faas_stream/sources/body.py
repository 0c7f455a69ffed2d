"""The body of an HTTP response, as it arrives, read below the HTTP library where that can be reached."""

import select
from collections.abc import Iterator
from contextlib import suppress
from ssl import SSLWantReadError
from typing import Any

from faas_stream.sources.chunk import StreamFailedError
from faas_stream.sources.chunked import Chunks
from faas_stream.sources.sockets import receive
from faas_stream.sources.transfer import below

READ_BYTES = 16 * 1024
"""Of one read, and so about the most that is written at once: less than a reader's buffer takes without a wait."""

SETTLE_S = 0.02
"""How long the end of the transfer may be behind the last event, for the connection to be worth keeping."""


class Body:
    """Iterate it for its bytes; `settle` it before the response is closed.

    pauses: set it first, to be given b"" instead of a wait, where that is possible. readable: the socket to wait for.
    """

    def __init__(self, response: Any) -> None:
        self._response = response
        self._transfer = below(response)
        self._chunks = Chunks()
        self._is_over = False
        self.pauses = False

    @property
    def readable(self) -> Any:
        return self._transfer.socket if self._transfer else None

    def __iter__(self) -> Iterator[bytes]:
        if self._transfer is None:
            yield from self._pieces()
            return
        socket = self._transfer.socket
        data = self._transfer.take()
        # The answer's watch has the time; with a timeout each read would be three calls of the kernel.
        socket.setblocking(not self.pauses)
        while True:
            if found := self._chunks.feed(data):
                self._is_over = b"[DONE]" in found
                yield found
            if self._chunks.is_ended:
                return
            if self.pauses:
                yield b""
            data = self._read(socket)

    def settle(self) -> None:
        """Lets the connection serve the next answer, if the transfer has ended, or is about to."""
        with suppress(OSError, StreamFailedError):  # the end of a connection that is closed anyway
            self._settle()

    def _settle(self) -> None:
        if self._transfer is None:
            return
        socket = self._transfer.socket
        # Only behind the last event: an answer that its reader has left would be read, and paid for, to its end.
        if self._is_over and not self._chunks.is_ended and select.select([socket], [], [], SETTLE_S)[0]:
            self._chunks.feed(self._read(socket))
        if self._chunks.is_ended:
            socket.setblocking(True)
            self._transfer.release()

    def _pieces(self) -> Iterator[bytes]:
        if hasattr(self._response, "iter_bytes"):
            return iter(self._response.iter_bytes())
        return iter(lambda: self._response.read1(READ_BYTES), b"")

    def _read(self, socket: Any) -> bytes:
        """What has come; b"" if that is nothing yet, though the socket seemed to have something."""
        try:
            data: bytes = receive(socket, READ_BYTES) if self.pauses else socket.recv(READ_BYTES)
        except (BlockingIOError, SSLWantReadError):
            return b""
        if not data:
            raise ConnectionResetError("upstream broke the connection off")
        return data

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

SETTLE_MS = 20
"""How long the end of the transfer may be behind the last event, for the connection to be worth keeping."""


class Body:
    """Iterate it once for its bytes, then close it, which closes the response.

    owner: the client, which closes its connections once nobody holds it. pauses: set it first, to be given b"" instead
    of a wait, where that is possible. readable: the socket to wait for.
    """

    def __init__(self, response: Any, owner: Any = None) -> None:
        self._owner = owner
        self._transfer = below(response)
        self._response: Any = None if self._transfer else response
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
        if not self.pauses:
            socket.settimeout(None)  # the answer's watch has the time; with a timeout each read would be three calls
        while True:
            if data := self._chunks.feed(data):
                self._is_over = b"[DONE]" in data
                yield data
            if self._chunks.is_ended:
                return
            if self.pauses:
                data = b""  # not to be held until there is more
                yield data
            data = self._read(socket)

    def close(self) -> None:
        """Lets the connection serve the next answer, if the transfer has ended, or is about to. May be repeated."""
        transfer, self._transfer = self._transfer, None
        if transfer:
            try:
                self._wait_for_end(transfer.socket)
            finally:
                transfer.close(self._chunks.is_ended)
        elif self._response:
            self._response.close()

    def _wait_for_end(self, socket: Any) -> None:
        # Only behind the last event: an answer that its reader has left would be read, and paid for, to its end.
        if self._is_over and not self._chunks.is_ended and _has_more(socket, SETTLE_MS):
            with suppress(OSError, StreamFailedError):  # the end of a connection that is closed anyway
                self._chunks.feed(self._read(socket))

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


def _has_more(socket: Any, within_ms: int) -> bool:
    poll = select.poll()  # select.select refuses descriptors above 1,023
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(within_ms))

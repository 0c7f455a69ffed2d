"""Writing to one client: status and headers with the first bytes, never more than the client has room for."""

import asyncio
from collections.abc import Callable
from typing import Any

from faas_stream.answers.connection import Connection
from faas_stream.answers.reply import StartResponse
from faas_stream.formats.padding import Padding

PIECE_BYTES = 64 * 1024
"""The most bytes that one write passes to the server."""

ROOM_BYTES = 64 * 1024
"""A client with more than this unsent has no room."""

_SHORTEST_NAP_S, _LONGEST_NAP_S = 0.004, 0.25


class ClientDisconnectedError(Exception):
    """The client has closed its connection."""


class Output:
    """Belongs to the event loop's thread. written_at: in the loop's time; status: 0 until it has begun.

    is_finished: the last bytes have been written, although the client may not have taken them yet.
    """

    def __init__(
        self, environ: dict[str, Any], start_response: StartResponse, connection: Connection, clock: Callable[[], float]
    ) -> None:
        self._start_response, self._connection, self._clock = start_response, connection, clock
        self._is_head = environ["REQUEST_METHOD"] == "HEAD"
        self._write: Callable[[bytes], object] | None = None
        self._padding: Padding | None = None
        self._unwritten = memoryview(b"")
        """The rest of a `send` that was cancelled. An error frame may only follow the whole of it."""
        self._flush_timer: asyncio.TimerHandle | None = None
        self.written_at = clock()
        self.waits_for_room = self.is_finished = False
        self.status = 0

    @property
    def has_begun(self) -> bool:
        return self._write is not None

    @property
    def has_room(self) -> bool:
        return self._connection.unsent() <= ROOM_BYTES

    def begin(self, status: str, headers: list[tuple[str, str]], *, is_padded: bool = False) -> None:
        """Sets status and headers, which are sent with the first bytes. Raises ClientDisconnectedError."""
        if self._connection.is_gone():
            raise ClientDisconnectedError  # waitress would log a response that has a length and no body
        self.status = int(status[:3])
        self._connection.close_after_response()
        self._write = self._start_response(status, headers)
        self._padding = Padding() if is_padded else None

    async def send(self, data: bytes) -> None:
        """Writes the bytes as soon as the client has room for them. Raises ClientDisconnectedError."""
        data = self._padded(data)
        if not self._unwritten and len(data) <= PIECE_BYTES and self.has_room:
            if data:
                self.put(data)
            return
        self._unwritten = memoryview(bytes(self._unwritten) + data)
        while self._unwritten:
            await self.wait_for_room(ROOM_BYTES)
            self.put(bytes(self._unwritten[:PIECE_BYTES]))
            self._unwritten = self._unwritten[PIECE_BYTES:]

    async def finish(self, data: bytes) -> None:
        """Writes what was held back and these last bytes, and returns when the kernel has taken everything."""
        if self._padding is not None:
            data, self._padding = self._padding.release() + data, None
        await self.send(data)
        self.is_finished = True
        await self.wait_for_room(0)

    def fill_silence(self, heartbeat: bytes) -> None:
        """Writes a heartbeat, if the client has taken everything else and the answer has not ended."""
        if self.is_finished or self.waits_for_room or self._connection.unsent():
            return  # bytes on their way show that the answer goes on, and a frame may be half written
        if heartbeat := self._padded(heartbeat):
            self.put(heartbeat)

    def put(self, data: bytes) -> None:
        """Writes at once. Raises ClientDisconnectedError.

        To be called only if the client has room: the server keeps what its kernel does not take.
        """
        if self._write is None or self.is_finished:
            raise ClientDisconnectedError  # a source that cannot be cancelled has outlived its answer
        try:
            self._write(b"" if self._is_head else data)
        except Exception as error:
            if self._connection.is_gone():
                raise ClientDisconnectedError from error
            raise
        self.written_at = self._clock()

    async def wait_for_room(self, most: int) -> None:
        """Returns when no more than so many bytes are unsent. The answer's limits end it if that takes too long."""
        nap = _SHORTEST_NAP_S
        self.waits_for_room = True
        try:
            while self._connection.unsent() > most:
                if self._connection.is_gone():
                    raise ClientDisconnectedError
                await asyncio.sleep(nap)
                nap = min(2 * nap, _LONGEST_NAP_S)
        finally:
            self.waits_for_room = False

    def close(self) -> None:
        """Nothing is written any more, or kept to be written."""
        self._write, self._unwritten = None, memoryview(b"")
        if self._flush_timer is not None:
            self._flush_timer.cancel()

    def _padded(self, data: bytes) -> bytes:
        """What must be written now that these bytes are there."""
        if self._padding is None:
            return data
        data = self._padding.add(data, self._clock())
        self._flush_later(self._padding)
        return data

    def _flush_later(self, padding: Padding) -> None:
        if self._flush_timer is None and (wait := padding.wait_s(self._clock())) is not None:
            wait = wait if self.has_room else max(wait, _LONGEST_NAP_S)
            self._flush_timer = asyncio.get_running_loop().call_later(wait, self._flush)

    def _flush(self) -> None:
        """Sends what padding has held back, although upstream is silent."""
        self._flush_timer = None
        if self._padding is None or self._connection.is_gone():
            return
        if self.has_room and (data := self._padding.due(self._clock())):
            self.put(data)
        self._flush_later(self._padding)

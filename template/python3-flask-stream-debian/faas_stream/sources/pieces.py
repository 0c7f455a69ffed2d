"""A body that a thread writes piece by piece while the event loop reads it."""

import asyncio
import threading
from typing import NamedTuple

from faas_stream.sources.source import READ_AHEAD


class BodyClosedError(Exception):
    """The answer has ended, so nobody reads what is written."""


class _End(NamedTuple):
    error: Exception | None


class Pieces:
    """A source of bytes: one thread calls `put` and `end`, the event loop iterates and calls `aclose`.

    At most READ_AHEAD pieces wait for the event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._written: asyncio.Queue[bytes | _End] = asyncio.Queue()
        self._room = threading.Semaphore(READ_AHEAD)
        self.is_closed = False

    def put(self, piece: bytes) -> None:
        """Blocks while READ_AHEAD pieces wait for the event loop. Raises BodyClosedError once the answer has ended."""
        self._room.acquire()
        if self.is_closed:
            self._room.release()
            raise BodyClosedError("the answer has ended: its client has disconnected, or one of its limits was reached")
        self._loop.call_soon_threadsafe(self._written.put_nowait, piece)

    def end(self, error: Exception | None = None) -> None:
        """Marks the body as complete, or as cut by the error."""
        self._loop.call_soon_threadsafe(self._written.put_nowait, _End(error))

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> bytes:
        """Raises the error that `end` was called with."""
        piece = await self._written.get()
        if isinstance(piece, _End):
            raise piece.error or StopAsyncIteration
        self._room.release()
        return piece

    async def aclose(self) -> None:
        """Ends a `put` that waits, and all that follow."""
        self.is_closed = True
        self._room.release()

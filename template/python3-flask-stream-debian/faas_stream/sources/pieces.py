"""A body that a thread writes piece by piece while the event loop reads it."""

import asyncio
from typing import NamedTuple

from faas_stream.sources.read_ahead import ReadAhead, is_large


class BodyClosedError(Exception):
    """The answer has ended, so nobody reads what is written."""


class _End(NamedTuple):
    error: Exception | None


class Pieces:
    """A source of bytes: one thread calls `put` and `end`, the event loop iterates and calls `aclose`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._written = ReadAhead(loop)

    @property
    def is_closed(self) -> bool:
        return self._written.is_closed

    def put(self, piece: bytes) -> None:
        """Blocks while too much waits for the event loop. Raises BodyClosedError once the answer has ended."""
        if not self.is_closed:
            self._written.put(piece)
            self._written.wait(is_large=is_large(piece))
        if self.is_closed:
            raise BodyClosedError("the answer has ended: its client has disconnected, or one of its limits was reached")

    def end(self, error: Exception | None = None) -> None:
        """Marks the body as complete, or as cut by the error."""
        self._written.put(_End(error))

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> bytes:
        """Raises the error that `end` was called with."""
        piece: bytes | _End = await self._written.get()
        if isinstance(piece, _End):
            raise piece.error or StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Ends a `put` that waits, and all that follow."""
        self._written.close()

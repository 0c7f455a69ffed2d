"""A queue from the thread that reads a source to the event loop that sends what was read."""

import asyncio
import threading
from typing import Any

from faas_stream.sources.delta import characters

READ_AHEAD = 4
"""How many items may wait for the event loop."""

LARGE = 16 * 1024
"""Characters or bytes. After a larger item the thread waits until that is sent, because a slow client must not cost the
memory of several."""


class ReadAhead:
    """One thread calls `put` and `wait`, the event loop `get` and `close`. is_closed: nobody gets what is put."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._items: asyncio.Queue[Any] = asyncio.Queue()
        self._changed = threading.Condition()
        self._unsent = 0
        self._is_sending = False
        self.is_closed = False

    def put(self, item: object) -> None:
        with self._changed:
            self._unsent += 1
        self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    def wait(self, *, is_large: bool = False) -> None:
        """Blocks until the thread may read another item, or `close`. is_large: of the last item."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_closed or self._unsent <= (0 if is_large else READ_AHEAD))

    async def get(self) -> Any:
        """The next item. The one before it is sent."""
        if self._is_sending:
            with self._changed:
                self._unsent -= 1
                self._changed.notify()
        self._is_sending = False  # until there is an item, whatever cancels this
        item = await self._items.get()
        self._is_sending = True
        return item

    def close(self) -> list[Any]:
        """Ends a `wait`. Returns the items that nobody will get."""
        with self._changed:
            self.is_closed = True
            self._changed.notify()
        return [self._items.get_nowait() for _ in range(self._items.qsize())]


def is_large(item: object) -> bool:
    """True for an item whose text has more than LARGE characters or bytes. A graph's tuples count as small."""
    return not isinstance(item, tuple) and characters(item) > LARGE

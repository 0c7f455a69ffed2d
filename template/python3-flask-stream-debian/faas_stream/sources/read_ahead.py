"""A queue from the thread that reads a source to the event loop that sends what was read."""

import asyncio
import threading
from collections import deque
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
        self.loop = loop
        self._items: deque[Any] = deque()
        self._arrived = asyncio.Event()
        self._changed = threading.Condition()
        self._unsent = 0
        self._is_sending = False
        self.is_closed = False

    def put(self, item: object) -> bool:
        """False if this is closed, so that nobody gets the item."""
        with self._changed:
            if self.is_closed:
                return False
            self._items.append(item)
            self._unsent += 1
        self.loop.call_soon_threadsafe(self._arrived.set)
        return True

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
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        self._is_sending = True
        return self._items.popleft()

    def close(self) -> list[Any]:
        """Ends a `wait`. Returns the items that nobody will get."""
        with self._changed:
            self.is_closed = True
            self._changed.notify()
            left = list(self._items)
            self._items.clear()
        return left


def is_large(item: object) -> bool:
    """True for an item whose text has more than LARGE characters or bytes. A graph's tuples count as small."""
    return not isinstance(item, tuple) and characters(item) > LARGE

"""A source of an answer whose items the test sends."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from queue import SimpleQueue
from typing import Any

TIMEOUT_S = 60
END = object()


class Feed:
    """A source whose items the test sends. `pull` is a sync generator of it, `pull_async` an async one.

    reads: how often `pull` has begun to wait for an item.
    """

    def __init__(self) -> None:
        self._items: SimpleQueue[Any] = SimpleQueue()
        self.reads = 0
        self.is_closed = threading.Event()
        self.is_read = threading.Event()

    def send(self, *items: Any) -> None:
        for item in items:
            self._items.put(item)

    def pull(self) -> Iterator[Any]:
        try:
            self.is_read.set()
            while (item := self._next()) is not END:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.is_closed.set()

    def _next(self) -> Any:
        self.reads += 1
        return self._items.get(timeout=TIMEOUT_S)

    async def pull_async(self) -> AsyncIterator[Any]:
        try:
            self.is_read.set()
            while True:
                while self._items.empty():
                    await asyncio.sleep(0.01)
                if (item := self._items.get()) is END:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.is_closed.set()

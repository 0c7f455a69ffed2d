"""An event loop whose time passes only when a test says so."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class ClockLoop(asyncio.SelectorEventLoop):
    """`now` is the loop's time, in seconds."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    async def settle(self) -> None:
        """Returns when everything that is due has run, and everything that became due meanwhile."""
        for _ in range(20):
            await asyncio.sleep(0)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of the coroutine; the loop is closed."""
        try:
            return self.run_until_complete(coroutine)
        finally:
            self.close()

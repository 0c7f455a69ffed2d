"""An event loop whose time passes only when a test says so."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class ClockLoop(asyncio.SelectorEventLoop):
    """`now` is the loop's time, in seconds."""

    now = 1000.0
    _steps = 0
    _seconds = 0.0

    def time(self) -> float:
        return self.now

    def pass_after(self, steps: int, seconds: float) -> None:
        """Lets the seconds pass at once, when so many more callbacks have been scheduled."""
        self._steps, self._seconds = steps, seconds

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self._steps -= 1
        if self._steps == 0:
            self.now += self._seconds
        return super().call_soon(callback, *args, context=context)

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

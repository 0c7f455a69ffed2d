"""Many answers, gone on with by one thread, each when its upstream has sent something.

A thread that wakes for every token of its answer waits each time for the interpreter's lock, which costs more than all
that is done for the token, and one that only waits for the end holds its stacks for that. So an answer whose upstream
can be waited for here has no thread until a step may block or go wrong. Locks are handed in; this module starts no
thread.
"""

import selectors
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from faas_stream.selector import new_selector


class Parked:
    """An answer that no thread works on.

    step: goes on with it, in the pump's thread, whenever `readable`, a socket, has something to read; False once a
    thread has to. It must not raise.
    """

    __slots__ = ("_go_on", "_guard", "_is_over", "_is_stepping", "_selector", "readable", "step")

    def __init__(self, selector: selectors.BaseSelector, guard: Any, readable: Any, step: Callable[[], bool]) -> None:
        self.readable, self.step = readable, step
        self._selector, self._guard = selector, guard
        self._go_on: Callable[[], object] | None = None
        self._is_over = self._is_stepping = False

    def wait(self, go_on: Callable[[], object]) -> None:
        """Begins to wait; the caller's thread is free then.

        go_on: called once, from any thread, when a thread is needed again. No step is under way then, and none follows.
        """
        with self._guard:
            self._go_on = go_on
            # What is closed cannot be waited for: a thread of its own is to find that out, and to tell.
            with suppress(ValueError, OSError):
                if not self._is_over:
                    self._selector.register(self.readable, selectors.EVENT_READ, self)
                    return
            self._is_over = True
        go_on()

    def call_back(self) -> None:
        """Has the answer gone on with by a thread of its own. From any thread, as often as you like; never blocks."""
        with self._guard:
            if self._is_over:
                return
            self._is_over = True
            if self._go_on is None or self._is_stepping:
                return  # whoever has begun to park it, or takes a step, sees to it
            self._selector.unregister(self.readable)
        self._go_on()

    def take_step(self) -> None:
        with self._guard:
            if self._is_over:
                return  # it was called back between the look and this
            self._is_stepping = True
        goes_on = self.step()
        with self._guard:
            self._is_stepping = False
            if goes_on and not self._is_over:
                return
            self._is_over = True
            self._selector.unregister(self.readable)
        assert self._go_on
        self._go_on()


class Pump:
    """guard: a `threading.Lock`, held only for what is done at once."""

    def __init__(self, guard: Any) -> None:
        self._guard = guard
        self._selector = new_selector()

    def park(self, readable: Any, step: Callable[[], bool]) -> Parked:
        return Parked(self._selector, self._guard, readable, step)

    def run(self) -> None:
        """The pump's thread."""
        while True:
            for key, _ in self._selector.select():
                key.data.take_step()

"""Many answers, gone on with by one thread, each when its upstream has sent something.

A thread that wakes for every token of its answer waits each time for the interpreter's lock, which costs more than all
that is done for the token. So a thread whose answer can be gone on with by others is parked here, and called back for
what may block or go wrong. Locks are handed in; this module starts no thread.
"""

import selectors
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Parked:
    """A thread that waits. turn: held while a step is taken. call: released once, which lets the thread go on."""

    __slots__ = ("call", "is_called", "step", "turn")

    def __init__(self, step: Callable[[], bool], turn: Any, call: Any) -> None:
        self.step, self.turn, self.call = step, turn, call
        self.is_called = False
        call.acquire()

    def call_back(self) -> None:
        self.is_called = True
        with suppress(RuntimeError):  # the pump and the watcher may both do it
            self.call.release()


class Pump:
    """make_lock: `threading.Lock`."""

    def __init__(self, make_lock: Callable[[], Any]) -> None:
        self._make_lock = make_lock
        self._selector = selectors.DefaultSelector()
        self._parked: dict[int, Parked] = {}
        self._guard = make_lock()  # over what the selector knows

    def park(self, owner: int, readable: Any, step: Callable[[], bool]) -> None:
        """Takes steps whenever `readable`, a socket, has something to read; returns once a step says False.

        owner: what `call_back` knows the caller by, at which this returns too. No step is being taken then.
        """
        parked = Parked(step, self._make_lock(), self._make_lock())
        self._parked[owner] = parked
        try:
            with self._guard:
                self._selector.register(readable, selectors.EVENT_READ, parked)
            parked.call.acquire()
        finally:
            with parked.turn:  # a step may be under way when the watcher calls
                self._forget(readable, parked)
            del self._parked[owner]

    def call_back(self, owner: int) -> bool:
        """True if the owner was parked; it goes on by itself now."""
        parked = self._parked.get(owner)
        if parked is not None:
            parked.call_back()
        return parked is not None

    def run(self) -> None:
        """The pump's thread."""
        while True:
            for key, _ in self._selector.select():
                parked: Parked = key.data
                with parked.turn:
                    if parked.is_called or not parked.step():
                        self._forget(key.fileobj, parked)
                        parked.call_back()

    def _forget(self, readable: Any, parked: Parked) -> None:
        """Waits no more, unless it is another who waits: a connection that is kept soon brings the next answer."""
        with self._guard, suppress(KeyError, ValueError):
            if self._selector.get_key(readable).data is parked:
                self._selector.unregister(readable)

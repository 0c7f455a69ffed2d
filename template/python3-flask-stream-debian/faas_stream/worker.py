"""Who works on an answer: a thread, or nobody while the answer is parked."""

from collections.abc import Callable
from typing import Any

from faas_stream.interrupt import interrupt
from faas_stream.pump import Parked, Pump


class Worker:
    """pump: None where answers keep their threads. ident: `threading.get_ident`.

    The answer's lock is held at each call.
    """

    def __init__(self, pump: Pump | None, ident: Callable[[], int]) -> None:
        self._pump, self._ident = pump, ident
        self._thread = ident()
        self._parked: Parked | None = None

    @property
    def may_leave(self) -> bool:
        return self._pump is not None

    def leave(self, readable: Any, step: Callable[[], bool]) -> Parked:
        """The thread has nothing to do until the answer is called back."""
        assert self._pump
        self._parked = self._pump.park(readable, step)
        return self._parked

    def come_back(self) -> None:
        """The calling thread goes on with the answer."""
        self._thread, self._parked = self._ident(), None

    def wake(self) -> None:
        """Has a thread look at the answer, which is over. To be tried again, until it does."""
        if self._parked:
            self._parked.call_back()
        else:
            interrupt(self._thread)

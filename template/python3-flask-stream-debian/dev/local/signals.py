"""Ctrl-C, SIGTERM and a closed terminal, as one exception in the main thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """One of these signals has asked this command to end."""


class Signals:
    """Raises Ended at once, wherever the main thread is, or on leaving `deferred`."""

    def __init__(self) -> None:
        self._deferred = False
        self._received = False
        for number in _ENDING:
            signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self._received = True
        if not self._deferred:
            raise Ended

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """For a step that must not be interrupted, such as starting a process and keeping a reference to it."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        if self._received:
            raise Ended

    def ignore(self) -> None:
        """Ignores the signals from now on, because this command is ending already."""
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)

"""A selector whose changes keep the interpreter's lock.

Pump and loop make them under a lock of their own. Python's give the interpreter's up meanwhile, and until that comes
back, which takes up to 5 ms for each thread that wants it, the thread that goes on with all answers waits as well.
"""

import ctypes
import platform
import select
import selectors
import struct

from faas_stream.sources.sockets import checked, function

_ADD, _REMOVE, _CHANGE = 1, 2, 3
_EVENT = struct.Struct("=Ii4x" if platform.machine() == "x86_64" else "=I4xi4x")  # events, descriptor


class _Epoll:
    """A `select.epoll`, as far as a selector uses it."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._control = function("epoll_ctl", *[ctypes.c_int] * 3, ctypes.c_char_p, returns=ctypes.c_int)
        self.poll, self.fileno, self.close = self._epoll.poll, self._epoll.fileno, self._epoll.close

    def register(self, fd: int, events: int) -> None:
        self._change(_ADD, fd, events)

    def modify(self, fd: int, events: int) -> None:
        self._change(_CHANGE, fd, events)

    def unregister(self, fd: int) -> None:
        self._change(_REMOVE, fd, 0)

    def _change(self, operation: int, fd: int, events: int) -> None:
        checked(self._control(self.fileno(), operation, fd, _EVENT.pack(events, fd)))


def new_selector() -> selectors.BaseSelector:
    """Python's own where there is no epoll."""
    if not hasattr(select, "epoll"):
        return selectors.DefaultSelector()
    selector = selectors.EpollSelector()
    selector._selector.close()  # type: ignore[attr-defined]
    selector._selector = _Epoll()  # type: ignore[attr-defined]
    return selector

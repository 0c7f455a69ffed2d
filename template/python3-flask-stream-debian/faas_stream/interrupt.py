"""Waking a thread that waits for upstream, so that the answer it works on can be ended.

A blocking read cannot be cancelled in Python, and an SDK's `create()` gives no handle before it returns. What can be
done: break the very socket that the thread is reading from, and have it raise at that place. Without the exception an
SDK takes the break for a network fault and asks upstream again, at somebody's cost.
"""

import ctypes
import socket
import sys
import time
from types import FrameType


class Interrupted(BaseException):
    """The answer was ended from outside. A BaseException, so that no SDK's retry takes it for an error of its own."""


def interrupt(thread_id: int) -> bool:
    """True if the thread was waiting on a socket: that socket is shut down, and Interrupted is raised behind the read.

    True too for a thread that sleeps, as SDKs do before they ask again: Interrupted is raised when it wakes. False if
    it waits for something else, which nothing can hurry; try again later. The caller makes sure that the thread is
    still at work on the answer to be ended.
    """
    # A fresh slice of the interpreter lock (5 ms), so that the thread cannot move on between the look and the act.
    time.sleep(0)
    frame = sys._current_frames().get(thread_id)
    if frame is None:
        return False
    waiting_on = _socket_of(frame)
    if waiting_on is None and "sleep" not in frame.f_code.co_names:
        return False  # it may be taking a lock, which an exception just behind it would leave taken for ever
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(Interrupted))
    if waiting_on is None:
        return True
    try:
        # The plain socket's own shutdown: that of SSLSocket drops its TLS state, which the reading thread still uses.
        socket.socket.shutdown(waiting_on, socket.SHUT_RDWR)
    except OSError:
        return True  # it broke by itself just now, which wakes the thread as well
    return True


def _socket_of(frame: FrameType) -> socket.socket | None:
    """The socket that the innermost function of a thread works on: one of its locals, or `_sock` of one.

    Seen in the reads of httpcore, http.client and socket (`self._sock`), ssl (`self`) and create_connection (`sock`).
    """
    for value in frame.f_locals.values():
        if isinstance(value, socket.socket):
            return value
        held = getattr(value, "_sock", None) if type(value).__module__.split(".")[0] in _TRANSPORTS else None
        if isinstance(held, socket.socket):
            return held
    return None


_TRANSPORTS = {"httpcore", "httpcore2", "socket", "ssl", "urllib3", "http"}

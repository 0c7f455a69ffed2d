"""Calls of the kernel that never wait, and so keep the interpreter's lock.

Python gives the lock up for every call of a socket, also for one that returns at once. Whoever takes it meanwhile keeps
it for up to 5 ms, and each that waits as well has its turn before it comes back. A thread that goes on with many
answers lost it twice a token, and while 500 answers began, tokens of those under way were 280 ms late at the 99th
percentile. With these calls they are 7 ms late.
"""

import ctypes
import os
import socket
from collections.abc import Callable

_libc = ctypes.PyDLL(None, use_errno=True)  # CDLL would give the lock up


def function(name: str, *arguments: type, returns: type = ctypes.c_ssize_t) -> Callable[..., int]:
    """The C library's function of this name, with these types."""
    found = _libc[name]
    found.argtypes, found.restype = arguments, returns
    return found


def checked(result: int) -> int:
    """The result. Raises OSError, as the error number has it, for one below 0."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


_send = function("send", ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_recv = function("recv", ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def send(to: socket.socket, data: bytes) -> int:
    """How many of the bytes the socket has taken. Raises what `socket.send` does for one that does not block."""
    return checked(_send(to.fileno(), data, len(data), socket.MSG_DONTWAIT))


def receive(source: socket.socket, most: int) -> bytes:
    """What has come, b"" at its end. Raises what `socket.recv` does for one that does not block.

    A TLS socket gives the lock up all the same: its bytes have to be decrypted.
    """
    if type(source) is not socket.socket:
        if source.gettimeout() != 0:
            source.settimeout(0)
        return source.recv(most)
    buffer = ctypes.create_string_buffer(most)
    return ctypes.string_at(buffer, checked(_recv(source.fileno(), buffer, most, socket.MSG_DONTWAIT)))

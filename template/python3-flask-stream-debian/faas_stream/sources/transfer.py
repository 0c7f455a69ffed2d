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
    """take: gives what of the body has been read already. close: True keeps the connection, for the next request."""

    socket: Any
    take: Callable[[], bytes]
    close: Callable[[bool], object]


def below(response: Any) -> Transfer | None:
    """The transfer of a response of httpx2 or urllib3; None for any other, and where it is not a chunked one.

    A response of httpx2 is closed by this, and its connection out of its pool until the transfer is closed: the pool
    looks at all it has whenever an answer begins or ends, for 0.5 ms at 1,000, and 12 KiB of objects lie around each.
    """
    headers = response.headers
    if headers.get("transfer-encoding") != "chunked" or "content-encoding" in headers:
        return None
    try:
        return _of_urllib3(response) if hasattr(response, "release_conn") else _of_httpx(response)
    except AttributeError:
        return None


def _of_httpx(response: Any) -> Transfer | None:
    stream = response.stream._stream._httpcore_stream
    pool, pooled, connection = stream._pool, stream._pool_request.connection, stream._stream._connection
    lock, most = pool._optional_thread_lock, pool._max_keepalive_connections
    parser, socket = connection._h11_state, connection._network_stream.get_extra_info("socket")
    extract, end = parser._receive_buffer.maybe_extract_at_most, connection._response_closed

    def close(keep: bool) -> None:
        try:
            if keep:
                parser.receive_data(b"0\r\n\r\n")  # what it would have read last
                parser.next_event()
        finally:
            end()
        with lock:
            if keep and len(pool._connections) < most:
                pool._connections.append(pooled)
                return
        pooled.close()

    with lock:
        if pooled not in pool._connections:
            return None  # the client has been closed
        pool._connections.remove(pooled)
    stream._stream = ()  # for the response to be closed, and its connection not
    response.close()
    return Transfer(socket, lambda: bytes(extract(1 << 30) or b"") + _decrypted(socket), close)


def _of_urllib3(response: Any) -> Transfer:
    original = response._original_response
    file = original.fp
    socket = file.raw._sock

    def take() -> bytes:
        socket.setblocking(False)  # for peeking reads where nothing was read yet
        with suppress(BlockingIOError, SSLWantReadError):
            return bytes(file.read(len(file.peek())) or b"") + _decrypted(socket)
        return b""

    def close(keep: bool) -> None:
        if keep:
            original.close()
            response.release_conn()
        response.close()

    return Transfer(socket, take, close)


def _decrypted(socket: Any) -> bytes:
    """What a TLS socket has decrypted already, which the kernel does not know to be readable."""
    return bytes(socket.recv(size)) if hasattr(socket, "pending") and (size := socket.pending()) else b""

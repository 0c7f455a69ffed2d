"""The function's HTTP server, played by the test itself, step by step, over bare sockets.

`upstream.accept()` returns a request with its whole body. `call.start()` sends the status and the headers,
`call.send(data)` one chunk, and `call.end()` or `call.cut()` ends the answer. `call.is_disconnected()` waits for the
other side to disconnect.
"""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import parse_headers
from typing import BinaryIO, Self

TIMEOUT_S = 60.0
# T17: an answer within microseconds of the body's last byte is sometimes cut; functions are slower than that.
_THINKING_S = 0.005

EVENT_STREAM = (("Content-Type", "text/event-stream"),)


class Call:
    """One request, which has arrived whole, and the answer to it."""

    def __init__(self, connection: socket.socket, reader: BinaryIO, request_line: str) -> None:
        self.method, self.target, self.version = request_line.split()
        self.headers = parse_headers(reader)
        self.body = self._read_body(reader)
        self._connection = connection
        self._reader = reader
        self._is_chunked = True

    @property
    def is_chunked(self) -> bool:
        """True if the request's body arrived in chunks, without a length."""
        return self.headers["Transfer-Encoding"] == "chunked"

    def start(self, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = EVENT_STREAM) -> None:
        """Sends the status and headers. The body is chunked unless they name a length."""
        self._is_chunked = "content-length" not in {name.lower() for name, _ in headers}
        framing = (("Transfer-Encoding", "chunked"),) if self._is_chunked else ()
        # One call per connection, so that the watchdog never uses a connection that is about to close.
        lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in (*headers, *framing, ("Connection", "close")))]
        if self.body:
            time.sleep(_THINKING_S)
        self._connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def send(self, data: bytes) -> None:
        """Sends data, as one chunk if the body is chunked."""
        self._connection.sendall(b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked else data)

    def end(self) -> None:
        """Ends the answer properly."""
        if self._is_chunked:
            self._connection.sendall(b"0\r\n\r\n")
        self._close()

    def answer(self, body: bytes = b"", status: str = "200 OK", headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Sends a whole answer, with its length."""
        self.start(status, (*headers, ("Content-Length", str(len(body)))))
        self.send(body)
        self.end()

    def cut(self) -> None:
        """Closes the connection in the middle of the answer, as the end of a process does."""
        self._close()

    def is_disconnected(self, within_s: float = TIMEOUT_S) -> bool:
        """True as soon as the other side closes the connection; False if it does not within this time."""
        if not select.select([self._connection], [], [], within_s)[0]:
            return False
        with suppress(ConnectionResetError):
            data = self._connection.recv(1)
            assert data == b"", f"the request was whole, but {data!r} came after it"
        return True

    def _close(self) -> None:
        self._reader.close()
        self._connection.close()

    def _read_body(self, reader: BinaryIO) -> bytes:
        if not self.is_chunked:
            return reader.read(int(self.headers["Content-Length"] or 0))
        body = b""
        while size := int(reader.readline(), 16):
            body += reader.read(size)
            reader.readline()
        reader.readline()
        return body


class Upstream:
    """Listens on a free loopback port; `accept` returns the next call."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._opened = ExitStack()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def accept(self, timeout_s: float = TIMEOUT_S) -> Call:
        """The next request, read to the end of its body. Raises TimeoutError if none arrives in time."""
        while True:
            self._listener.settimeout(timeout_s)
            connection, _ = self._listener.accept()
            self._opened.enter_context(connection).settimeout(timeout_s)
            reader = self._opened.enter_context(connection.makefile("rb"))
            if request_line := reader.readline().decode("latin-1"):
                return Call(connection, reader, request_line)
            # else the connection was closed without a request

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._opened.close()


@contextmanager
def closed_port() -> Iterator[str]:
    """The URL of a port that refuses every connection, and that no other process gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"

"""An upstream on sockets: it answers with the bytes of a test, and breaks off at points where HTTP libraries do not.

with RawUpstream(lambda call: call.send(b"HTTP/1.1 200 OK\r\n…")) as upstream: …
"""

import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

_TIMEOUT_S = 20


class RawCall:
    """One request. connection: its number, from 1; number: of this request on its connection, from 1."""

    def __init__(self, link: socket.socket, connection: int, number: int, head: bytes) -> None:
        self._link, self.connection, self.number = link, connection, number
        self.head = head.decode("latin-1")
        self.body = b""
        self.closed = threading.Event()
        """Set once the connection is closed on this side."""

    @property
    def path(self) -> str:
        return self.head.split(" ")[1]

    def header(self, name: str) -> str:
        """The value of a header of the request, "" if it has none."""
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return next((value.strip() for field, _, value in lines if field.lower() == name.lower()), "")

    def read_body(self) -> None:
        """Reads the body, as long as Content-Length says."""
        while len(self.body) < int(self.header("Content-Length") or 0):
            self.body += self._link.recv(65_536)

    def send(self, data: bytes) -> None:
        self._link.sendall(data)

    def answer(
        self, body: bytes, *, status: str = "200 OK", content_type: str = "application/json", more: str = ""
    ) -> None:
        """A whole response. content_type: "" for none; more: further header lines, each with its line end."""
        declared = f"Content-Type: {content_type}\r\n" if content_type else ""
        self.send(f"HTTP/1.1 {status}\r\n{declared}Content-Length: {len(body)}\r\n{more}\r\n".encode() + body)

    def reset(self) -> None:
        """Breaks the connection off, so that what was sent may be lost."""
        self._link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._link.close()
        self.closed.set()


RawScript = Callable[[RawCall], object]


class RawUpstream:
    """script: called once the head of a request has arrived, in the thread of its connection. calls: those so far."""

    def __init__(self, script: RawScript) -> None:
        self.script = script
        self.calls: list[RawCall] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.close()

    def says(self, body: bytes | Any, **how: Any) -> None:
        """From now on every request is read and gets this answer. body: bytes, or a value that is sent as JSON."""
        written = body if isinstance(body, bytes) else json.dumps(body).encode()

        def script(call: RawCall) -> None:
            call.read_body()
            call.answer(written, **how)

        self.script = script

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            link.settimeout(_TIMEOUT_S)
            threading.Thread(target=self._serve, args=(link, self.connections), daemon=True).start()

    def _serve(self, link: socket.socket, connection: int) -> None:
        number, received = 0, b""
        with link, suppress(OSError):
            while True:
                while b"\r\n\r\n" not in received:
                    if not (more := link.recv(65_536)):
                        return
                    received += more
                head, _, received = received.partition(b"\r\n\r\n")
                number += 1
                call = RawCall(link, connection, number, head)
                call.body, received = received, b""
                self.calls.append(call)
                self.script(call)
                if call.closed.is_set():
                    return

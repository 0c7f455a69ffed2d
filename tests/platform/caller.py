"""A client that sends exactly the bytes that the test gives it, and reads the response with http.client."""

import select
import socket
from http.client import HTTPResponse
from typing import Self

TIMEOUT_S = 60.0

Headers = tuple[tuple[str, str], ...]
STREAM: Headers = (("Accept", "text/event-stream"),)


class Caller:
    """One connection to a watchdog."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._method = "GET"
        self._response: HTTPResponse | None = None

    def ask(self, target: str = "/", headers: Headers = (), *, method: str = "GET", version: str = "HTTP/1.1") -> Self:
        """Sends a request line, a Host unless the headers have one, and the headers; nothing else."""
        self._method = method
        if "host" not in {name.lower() for name, _ in headers}:
            headers = (("Host", "function.test"), *headers)
        lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in headers), "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))
        return self

    def post(self, body: bytes, headers: Headers = (), target: str = "/") -> Self:
        """Sends a POST with a body of known length."""
        self.ask(target, (*headers, ("Content-Length", str(len(body)))), method="POST")
        self.send(body)
        return self

    def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self._connection.sendall(data)

    def end_sending(self) -> None:
        """Closes the sending side of the connection. The response can still be read."""
        self._connection.shutdown(socket.SHUT_WR)

    def response(self) -> HTTPResponse:
        """The response, once its headers have arrived. `read1` reads what has arrived of the body, `read` all of it."""
        self._response = HTTPResponse(self._connection, method=self._method)
        self._response.begin()
        return self._response

    def hears_nothing(self, for_s: float) -> bool:
        """True if nothing arrives for this time."""
        return not select.select([self._connection], [], [], for_s)[0]

    def read_raw(self) -> bytes:
        """All bytes until the other side closes, undecoded."""
        return b"".join(iter(lambda: self._connection.recv(65_536), b""))

    def disconnect(self) -> None:
        """Closes the connection, at any point of the answer."""
        if self._response:
            self._response.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.disconnect()

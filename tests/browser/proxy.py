"""A proxy in front of one function: it removes the prefix, relays, and fails on demand as the platform does.

Like the platform, it ends a broken stream as if it were complete, unless a fault says otherwise.
"""

import json
import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

LAST_CHUNK = b"0\r\n\r\n"
_NOT_RELAYED = ("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server")


@dataclass(frozen=True)
class Refuse:
    """Answers with an error status, without the function."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Empty:
    """Answers 200 without a type and without a byte, as the platform does for a function that is not there."""


@dataclass(frozen=True)
class Cut:
    """Ends the stream after these bytes, and the function's stream with it; cleanly, or with a broken connection.

    when: returns once the stream may end. A browser discards what its page has not read before the connection breaks.
    """

    after: bytes
    is_clean: bool = True
    when: Callable[[], object] = bool


@dataclass(frozen=True)
class DropBeforeHead:
    """Breaks the connection once the function has the request, before the first byte of the response."""

    when: Callable[[], object]


Fault = Refuse | Empty | Cut | DropBeforeHead


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def is_question(self) -> bool:
        return self.method == "POST" or self.headers.get("Accept") == "text/event-stream"


class Proxy:
    """A server on a loopback port. faults: each is for one question, in this order. token: what a question must send.

    pages: what the proxy serves itself, by path.
    """

    def __init__(self, function_url: str, prefix: str = "/function/chat") -> None:
        self.function, self.prefix = urlsplit(function_url).netloc, prefix
        self.faults: deque[Fault] = deque()
        self.token: str | None = None
        self.pages: dict[str, bytes] = {}
        self.seen: list[Seen] = []
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def url(self, slash: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{self.prefix}{slash}"

    def questions(self) -> list[Seen]:
        """The requests that asked the model something."""
        return [seen for seen in self.seen if seen.is_question]

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Proxy

    def do_GET(self) -> None:
        proxy = self.proxy
        seen = Seen(self.command, self.path, dict(self.headers))
        proxy.seen.append(seen)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        if "//" in path:
            return self._say(404, {"Content-Type": "text/plain"}, b"a path that no gateway passes on as it is")
        if path in proxy.pages:
            return self._say(200, {"Content-Type": "text/html"}, proxy.pages[path])
        if not (path + "/").startswith(proxy.prefix.rstrip("/") + "/"):
            return self._say(404, {"Content-Type": "text/plain"}, b"no such function")
        inner = (path[len(proxy.prefix.rstrip("/")) :] or "/") + ("?" + query if query else "")
        fault = proxy.faults.popleft() if seen.is_question and proxy.faults else None
        if seen.is_question and proxy.token and self.headers.get("Authorization") != f"Bearer {proxy.token}":
            fault = Refuse(401, {"WWW-Authenticate": "Bearer"}, {"code": "unauthorized", "message": "A token, please."})
        if isinstance(fault, Refuse):
            return self._say(
                fault.status,
                {"Content-Type": "application/json", **fault.headers},
                json.dumps({"error": fault.error}).encode(),
            )
        if isinstance(fault, Empty):
            return self._say(200, {}, b"")
        if self.headers.get("Accept") == "text/event-stream":
            return self._stream(inner, body, fault)
        return self._pass_on(inner, body)

    do_POST = do_HEAD = do_GET

    def _say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _pass_on(self, path: str, body: bytes) -> None:
        with closing(HTTPConnection(self.proxy.function, timeout=60)) as connection:
            connection.request(self.command, path, body or None, dict(self.headers))
            with connection.getresponse() as response:
                headers = {name: value for name, value in response.getheaders() if name.lower() not in _NOT_RELAYED}
                self._say(response.status, headers, response.read())

    def _stream(self, path: str, body: bytes, fault: Fault | None) -> None:
        self.close_connection = True
        host, _, port = self.proxy.function.partition(":")
        with socket.create_connection((host, int(port))) as upstream:
            head = [f"{self.command} {path} HTTP/1.1", "Connection: close"]
            head += [f"{name}: {value}" for name, value in self.headers.items() if name.lower() != "connection"]
            upstream.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            if isinstance(fault, DropBeforeHead):
                fault.when()
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            _relay(upstream, self.connection, fault if isinstance(fault, Cut) else None)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing."""


def _relay(upstream: socket.socket, client: socket.socket, cut: Cut | None) -> None:
    """Relays the function's bytes until either side disconnects. An end that comes too early is made to look proper."""
    received, sent = b"", 0
    while True:
        readable, _, _ = select.select([upstream, client], [], [], 60)
        if client in readable or not readable:
            return  # a client sends nothing more, so it has disconnected
        try:
            data = upstream.recv(65536)
        except ConnectionError:
            data = b""
        received += data
        end = _end_of_frame(received, cut.after) if cut else None
        client.sendall(received[sent:end])
        sent = len(received)
        if end is not None and cut:
            cut.when()
            if not cut.is_clean:
                client.shutdown(socket.SHUT_RDWR)
                return
        if end is not None or not data:
            client.sendall(_proper_end(received, is_cut=end is not None))
            return


def _end_of_frame(received: bytes, text: bytes) -> int | None:
    """Where the frame with the text ends, and with it the piece of the transfer."""
    found = received.find(text)
    end = received.find(b"\n\n\r\n", found) if found >= 0 else -1
    return end + 4 if end >= 0 else None


def _proper_end(received: bytes, *, is_cut: bool) -> bytes:
    head, _, _ = received.partition(b"\r\n\r\n")
    if not head:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    is_open = b"transfer-encoding: chunked" in head.lower() and not received.endswith(LAST_CHUNK)
    return LAST_CHUNK if is_open or is_cut else b""

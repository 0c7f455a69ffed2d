"""A client of one answer, and what the log says of it."""

import json
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPResponse
from itertools import product
from typing import Any, Self
from uuid import uuid4

from tests.fronts import records
from tests.platform.caller import Caller
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream

SSE = "text/event-stream"
DOCUMENT = "application/json"
PAGE = "text/html"
BEAT = b": \n"
END = b"data: [DONE]\n\n\r\n0\r\n\r\n"
"""The end of an event stream with its transfer encoding."""

TIMEOUT_S = 60.0


class Client:
    """Sends its request when it is created, with a call id of its own."""

    def __init__(
        self, running: Running, path: str = "/", body: str = "hi", *, accept: str = SSE, method: str = "POST",
        content_type: str = "text/plain", headers: tuple[tuple[str, str], ...] = (),
    ) -> None:  # fmt: skip
        self.call_id = uuid4().hex
        self._running = running
        self._response: HTTPResponse | None = None
        self._received = b""
        self._caller = Caller(running.port)
        more = (
            ("Accept", accept), ("X-Call-Id", self.call_id), ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
        )  # fmt: skip
        self._caller.ask(path, more + headers, method=method)
        self._caller.send(body.encode())

    @property
    def response(self) -> HTTPResponse:
        """The response, once its status is here."""
        if self._response is None:
            self._response = self._caller.response()
        return self._response

    @property
    def status(self) -> int:
        return self.response.status

    def until(self, expected: bytes) -> bytes:
        """All that has arrived except event ids, once `expected` is part of it."""
        while expected not in without_ids(self._received):
            more = self.response.read1(65_536)
            assert more, f"the answer has ended before {expected!r} came: {self._received!r}"
            self._received += more
        return without_ids(self._received)

    def read_all(self) -> bytes:
        """The whole answer except event ids and heartbeats, once it has ended. Raises IncompleteRead if it was cut.

        Heartbeats are left out because on a busy machine one may come between any two frames.
        """
        self._received += self.response.read()
        return re.sub(rb"(?m)^: \n", b"", without_ids(self._received))

    @property
    def heartbeats(self) -> int:
        """How many have come so far."""
        return self._received.count(BEAT)

    def code(self) -> str:
        """The code of the error with which the answer ends, whatever its shape."""
        text = self.read_all().decode()
        if text.lstrip().startswith("{"):
            return str(json.loads(text)["error"]["code"])
        frame = text.rstrip("\n").split("\n\n")[-1].split("\n")
        assert frame[-2] == "event: error", f"the answer does not end in an error frame: {text!r}"
        return str(json.loads(frame[-1].removeprefix("data: "))["code"])

    def hears_nothing(self, for_s: float) -> bool:
        return self._caller.hears_nothing(for_s)

    def disconnect(self) -> None:
        self._caller.disconnect()

    def record(self) -> dict[str, Any]:
        """The answer's log line, once it is there."""
        return record_of(self._running, self.call_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.disconnect()


@contextmanager
def clients_of(
    running: Running, kinds: Iterable[str], bodies: Iterable[str] = ("hi",), *, accept: str = SSE
) -> Iterator[dict[tuple[str, str], Client]]:
    """A client of each kind of source with each body, all at the same time."""
    with ExitStack() as stack:
        yield {
            (kind, body): stack.enter_context(Client(running, f"/{kind}", body, accept=accept))
            for kind, body in product(kinds, bodies)
        }


def record_of(running: Running, call_id: str) -> dict[str, Any]:
    """The log line of the answer with this call id, once it is there."""
    line = running.wait_for_line(f'^{{"call_id": "{call_id}"', TIMEOUT_S)
    record: dict[str, Any] = json.loads(line)
    return record


def ask(running: Running, path: str, body: str = "hi", **how: Any) -> bytes:
    """A whole answer."""
    with Client(running, path, body, **how) as client:
        return client.read_all()


def without_ids(received: bytes) -> bytes:
    """The stream without the lines and events that only bring an id."""
    return re.sub(rb"(?m)^id: .*\n", b"", received).replace(b"event: id\ndata: \n\n", b"")


def asks_no_more(upstream: Upstream, calls: int, for_s: float) -> bool:
    """True if upstream gets no more than `calls` calls for `for_s` seconds."""
    try:
        upstream.wait_for_call(calls + 1, timeout_s=for_s)
    except AssertionError:
        return True
    return False


class SlowClient:
    """Requests an event stream, and reads only what a test calls for.

    Its kernel accepts no more than about `window` bytes, so that everything else stays with the server.
    """

    def __init__(
        self,
        running: Running,
        path: str,
        body: str = "hi",
        *,
        accept: str = SSE,
        window: int = 4096,
        call_id: str | None = None,
        method: str = "POST",
        headers: tuple[str, ...] = (),
    ) -> None:
        self.call_id = uuid4().hex if call_id is None else call_id
        self._running = running
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(("127.0.0.1", running.port))
        lines = [
            f"{method} {path} HTTP/1.1", "Host: function.test", f"Accept: {accept}", f"X-Call-Id: {self.call_id}",
            f"Content-Length: {len(body)}", *headers, "", body,
        ]  # fmt: skip
        self.socket.sendall("\r\n".join(lines).encode())

    def take(self, size: int = 65_536) -> bytes:
        """The bytes that have arrived, at most `size`; b"" at the end of the connection."""
        return self.socket.recv(size)

    def until(self, expected: bytes, pace: Callable[[], object] = lambda: None) -> bytes:
        """All that arrives, with head and framing, until it ends in `expected`. pace: called between two pieces."""
        received = b""
        while not received.endswith(expected):
            piece = self.take()
            assert piece, f"the connection has ended before {expected!r} came, with {received[-200:]!r}"
            received += piece
            pace()
        return received

    def take_slowly_until(self, condition: Callable[[], bool], what: str) -> None:
        """Returns once the condition is true, or the connection was reset, which may come before it is."""

        def takes() -> bool:
            self.take(1024)
            return condition()

        with suppress(ConnectionResetError):
            wait_until(takes, what, 15)

    def has_record(self) -> bool:
        """True if the answer has its log line already."""
        return any(record["call_id"] == self.call_id for record in records(self._running))

    def record(self) -> dict[str, Any]:
        """The answer's log line, once it is there."""
        return record_of(self._running, self.call_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

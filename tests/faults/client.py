"""A client of one answer, and what the log says of it."""

import json
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from itertools import product
from typing import Any, Self
from uuid import uuid4

from tests.fronts import records
from tests.platform.caller import Caller
from tests.platform.running import Running
from tests.upstream import Upstream

SSE = "text/event-stream"
DOCUMENT = "application/json"
PAGE = "text/html"
BEAT = b": \n"
END = b"data: [DONE]\n\n\r\n0\r\n\r\n"
"""The end of an event stream with its transfer encoding."""

TIMEOUT_S = 20.0


class Client:
    """Asks as it is made, under a call id of its own."""

    def __init__(
        self, running: Running, path: str = "/", body: str = "hi", *, accept: str = SSE, method: str = "POST",
        content_type: str = "text/plain",
    ) -> None:  # fmt: skip
        self.call_id = uuid4().hex
        self._running = running
        self._response: HTTPResponse | None = None
        self._seen = b""
        self._caller = Caller(running.port)
        headers = (
            ("Accept", accept), ("X-Call-Id", self.call_id), ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
        )  # fmt: skip
        self._caller.ask(path, headers, method=method)
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

    def until(self, wanted: bytes) -> bytes:
        """All that has come except event ids, once `wanted` is part of it."""
        while wanted not in without_ids(self._seen):
            more = self.response.read1(65_536)
            assert more, f"the answer has ended before {wanted!r} came: {self._seen!r}"
            self._seen += more
        return without_ids(self._seen)

    def rest(self) -> bytes:
        """All of the answer except event ids and heartbeats, once it has ended; IncompleteRead if it was cut.

        On a busy machine a heartbeat comes between any two frames.
        """
        self._seen += self.response.read()
        return re.sub(rb"(?m)^: \n", b"", without_ids(self._seen))

    @property
    def heartbeats(self) -> int:
        """How many have come so far."""
        return self._seen.count(BEAT)

    def code(self) -> str:
        """The code of the error with which the answer ends, whatever its shape."""
        text = self.rest().decode()
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
    found: dict[str, Any] = json.loads(line)
    return found


def ask(running: Running, path: str, body: str = "hi", **how: str) -> bytes:
    """A whole answer."""
    with Client(running, path, body, **how) as client:
        return client.rest()


def without_ids(seen: bytes) -> bytes:
    """The stream without what only gives its events an id."""
    return re.sub(rb"(?m)^id: .*\n", b"", seen).replace(b"event: id\ndata: \n\n", b"")


def asks_no_more(upstream: Upstream, calls: int, for_s: float) -> bool:
    """Whether upstream gets no call after so many, for so long."""
    try:
        upstream.wait_for_call(calls + 1, timeout_s=for_s)
    except AssertionError:
        return True
    return False


class SlowClient:
    """Asks for an event stream, and takes of it as many bytes as it is told, when it is told.

    Its kernel takes in no more than about `window` bytes, so that the rest stays with the server.
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
    ) -> None:
        self.call_id = uuid4().hex if call_id is None else call_id
        self._running = running
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(("127.0.0.1", running.port))
        lines = [
            f"POST {path} HTTP/1.1", "Host: function.test", f"Accept: {accept}", f"X-Call-Id: {self.call_id}",
            f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self.socket.sendall("\r\n".join(lines).encode())

    def take(self, size: int = 65_536) -> bytes:
        """What is here, at most `size` bytes; nothing at the end of the connection."""
        return self.socket.recv(size)

    def until(self, wanted: bytes, pace: Callable[[], object] = lambda: None) -> bytes:
        """All that comes, head and framing too, until it ends in `wanted`; pace: is called between two pieces."""
        seen = b""
        while not seen.endswith(wanted):
            piece = self.take()
            assert piece, f"the connection has ended before {wanted!r} came, with {seen[-200:]!r}"
            seen += piece
            pace()
        return seen

    def has_record(self) -> bool:
        """Whether the answer's log line is there already."""
        return any(record["call_id"] == self.call_id for record in records(self._running))

    def record(self) -> dict[str, Any]:
        """The answer's log line, once it is there."""
        return record_of(self._running, self.call_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

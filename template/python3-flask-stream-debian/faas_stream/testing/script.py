"""What upstream does during one call, and which requests it got. The threads of upstream and of the test use it."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from faas_stream.testing.replies import HttpError, HttpResponse, Replies, Stream, replies, reply
from faas_stream.testing.requests import UpstreamRequest

_CLIENT_S = 1.0
"""How long a cut waits for the client to have all text. Some formats and handlers never show it all."""


class Script:
    """What upstream replies during one call, and which requests it got.

    holds: upstream keeps each reply open: "first" before its first byte, "end" before its end, "" not at all.
    """

    def __init__(self, upstream: Replies | None, holds: str = "") -> None:
        self._choose: Callable[[UpstreamRequest], Any] | None = None
        self._replies: list[Any] = []
        if callable(upstream):
            self._choose = upstream
        else:
            self._replies = replies(upstream)
        self.holds = holds
        self.requests: list[UpstreamRequest] = []
        self.problem = ""
        self.text_at_client: Callable[[], str] = str
        self.has_request = threading.Event()
        self._open: dict[UpstreamRequest, socket.socket] = {}
        self._is_over = False
        self.replies_used = 0
        self._lock = threading.Lock()

    @property
    def scripted(self) -> int | None:
        """How many replies there are; None if a function makes them."""
        return None if self._choose else len(self._replies)

    def begin(self, request: UpstreamRequest, connection: socket.socket) -> None:
        with self._lock:
            self.requests.append(request)
            self._open[request] = connection
        self.has_request.set()

    def next_reply(self, request: UpstreamRequest) -> Stream | HttpError | HttpResponse | None:
        """The reply to a request; None if there is none, and `problem` then says why."""
        with self._lock:
            self.replies_used += 1
            number = self.replies_used
        try:
            if self._choose:
                return reply(self._choose(request))
        except Exception as error:
            self.fail(f"the function in upstream= raised {error!r} for {request!r}")
            return None
        if number <= len(self._replies):
            scripted_reply: Stream | HttpError | HttpResponse = self._replies[number - 1]
            return scripted_reply
        scripted = counted(len(self._replies), "reply is", "replies are")
        self.fail(
            f"the handler sent {counted(number, 'request', 'requests')} upstream, but {scripted} scripted; the last "
            f"request was {request!r}. Script one reply per request: upstream=[['Hi'], ['Bye']], or a function that "
            "gets each request. SDKs repeat a request that fails: max_retries=0 turns that off"
        )
        return None

    def fail(self, problem: str) -> None:
        self.problem = self.problem or problem

    def end(self, request: UpstreamRequest, *, was_cancelled: bool) -> None:
        """Notes that the reply has ended."""
        with self._lock:
            self._open.pop(request, None)
            request.was_cancelled = was_cancelled and not self._is_over
        request.is_over.set()

    def wait_for_cancellation(self, timeout_s: float) -> None:
        """Returns when no reply is open any more, or after this time."""
        for request in list(self.requests):
            request.is_over.wait(timeout_s)

    def wait_for_client(self, text: str) -> None:
        """Returns when the client has the text, or after _CLIENT_S.

        If a connection breaks, HTTP libraries discard what they have received and nobody has read yet.
        """
        until = time.monotonic() + _CLIENT_S
        while text and not self.text_at_client().endswith(text) and time.monotonic() < until:
            time.sleep(0.005)

    def close(self) -> None:
        """Breaks off every reply that is still open."""
        with self._lock:
            self._is_over = True
            for connection in self._open.values():
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def counted(number: int, one: str, many: str) -> str:
    """`1 reply`, `2 replies`."""
    return f"{number} {one if number == 1 else many}"

"""What the engine needs of waitress that waitress documents no interface for. No other module may use such names.

Read in waitress 3.0.2. `tests/engine/test_waitress_seam.py` has a test for each use, which fails if waitress changes.

| use | reason |
|---|---|
| `Task.get_environment`, `task_class`, `channel_class` | a request finds its connection in its environ |
| `total_outbufs_len`, `send` | how many bytes the client has not taken, and since when it takes none |
| `write_soon`, `outbuf_lock` | a token goes to the socket without a detour through waitress's buffers and thread |
| `Task.write`, `wrote_header`, `chunked_response` | a chunk is framed in one step |
| `close_when_flushed`, `Task.finish`, `content_length` | a response ends while its thread is busy; HEAD has no body |
| `set_close_on_finish`, `Task.service` | no request waits behind a busy thread; no thread ends by SystemExit |
| `trigger.pull_trigger(thunk)`, `handle_close` | a connection is closed at once, in waitress's own thread |
| `handle_close`, `will_close`, `Channel.received` | a client that is still sending gets its refusal |
| `readable`, `expect_continue` | a disconnect after further requests is noticed; after a refusal there is no 100 |
| `error_task_class`, `ErrorTask.execute` | refusals are JSON, like all other errors |
| `HTTPRequestParser.received`, `body_rcv`, `empty` | a large body is read, but not kept; blank lines cost nothing |
| `ChunkedReceiver.control_line`, `trailer`, `len` | a body of chunk extensions, trailers or tiny chunks is refused |
| `parser_class`, `parse_header`, `headers_finished` | requests that could be smuggled are refused |
| `channel.request`, `requests`, `add_task`, `active_channels` | a request that does not arrive in time gets 408 |
| `service`, `_flush_outbufs_below_high_watermark`, `handle_write` | a thread never waits for a client to read |
| `task_dispatcher.set_thread_count`, `threads`, `active_count`, `queue` | threads start as they are needed |
| `dispatcher.close` | the server stops accepting while open answers go on |
| `wasyncore.poll2`, `readable` | a round of the server's loop serves everyone who waits |
| `handle_accept` | what happened to a closed connection is not taken for an event of a new one |
"""

import json
import socket
import struct
import time
from contextlib import suppress
from math import inf
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge
from waitress.wasyncore import dispatcher, poll2

from faas_stream.answers.connection import AFTER_BODY_S, CONNECTION, Connection
from faas_stream.answers.request_thread import for_a_future
from faas_stream.errors import Failure

DISCARDED_BYTES = 1024**3
"""By how much `max_request_body_size` is above the allowed size. A body in between is read to its end and thrown away,
because a server in front of this one may lose an answer that comes before; a larger one is refused at once."""

_FRAMING_BYTES = 64 * 1024
"""A chunked body may have this much more framing (sizes, extensions, trailers) than content. waitress reads each chunk,
and an unfinished extension again and again, while other connections wait."""


class ClientConnection(Connection):
    """A client's connection, as waitress's objects know it."""

    def __init__(self, task: "Task") -> None:
        self._task, self._channel = task, task.channel

    def age(self) -> float:
        return time.monotonic() - float(self._task.request.arrives_since)

    def is_gone(self) -> bool:
        return not self._channel.connected

    def unsent(self) -> int:
        return int(self._channel.total_outbufs_len)

    def stalled_s(self) -> float:
        return float(self._channel.stalled_s())

    def watch(self, *, is_watched: bool) -> None:
        self._channel.is_watched = is_watched

    def close_after_response(self) -> None:
        self._task.request.headers.pop("CONNECTION", None)  # of HTTP/1.0, to which waitress would reply with its own
        self._task.set_close_on_finish()

    def end_response(self, *, is_complete: bool) -> None:
        task, channel = self._task, self._channel
        task.is_ended = True
        if not is_complete and not task.chunked_response and task.content_length is None:
            self.break_off()  # a client of HTTP/1.0 takes the end of the connection for the end of the response
            return
        if is_complete:
            with suppress(ClientDisconnected):
                if not task.wrote_header:
                    task.write(b"")
                if task.chunked_response:
                    channel.write_soon(b"0\r\n\r\n")
        channel.close_when_flushed = True
        channel.server.pull_trigger()

    def break_off(self) -> None:
        self._task.is_ended = True
        self._channel.server.trigger.pull_trigger(self._channel.reset)


class Task(WSGITask):
    """A request. is_ended: the event loop has ended the response, so its thread must not."""

    is_ended = False

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[CONNECTION] = ClientConnection(self)
        return environ

    def write(self, data: bytes) -> None:
        """Writes as waitress does, but the chunks of a stream with a third of the calls."""
        if self.wrote_header and self.chunked_response and data:
            self.channel.write_soon(b"%X\r\n%b\r\n" % (len(data), data))
        else:
            super().write(data)
            self.channel.is_last |= self.close_on_finish

    def service(self) -> None:
        try:
            super().service()
        except BaseException as error:  # waitress catches no SystemExit of an author's `call_on_close`
            raise for_a_future(error) from None

    def finish(self) -> None:
        if self.is_ended or not self.channel.connected:
            self.close_on_finish |= not self.channel.connected
            return
        if self.request.command == "HEAD":
            self.write(b"")  # the head, unless it is written already
            self.chunked_response = False  # a response to HEAD has no body, and so no last chunk
        super().finish()


class RefusalTask(ErrorTask):
    """The answer to what is not HTTP, too large or too late."""

    def execute(self) -> None:
        error = self.request.error
        code, message = error.reason.lower().replace(" ", "_"), f"{error.reason}: {error.body.rstrip('.')}."
        if error.code == 413:  # waitress's own limit is above max_body, and not for the client to know
            code, message = "body_too_large", "The body is too large."
        body = json.dumps(Failure(error.code, code, message).body()).encode() + b"\n"
        self.status = f"{error.code} {error.reason}"
        self.content_length = len(body)
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.channel.is_refused = True
        time.sleep(AFTER_BODY_S)
        self.write(body)


class _Discard:
    """A body's buffer that keeps nothing but its size."""

    def __init__(self, size: int) -> None:
        self._size = size

    def append(self, data: bytes) -> None:
        self._size += len(data)

    def close(self) -> None: ...
    def __len__(self) -> int:
        return self._size


class Parser(HTTPRequestParser):
    """A request that is arriving. arrives_since: seconds on the monotonic clock."""

    path = ""  # waitress sets it for valid requests alone, but logs it for every client that disconnects

    def __init__(self, adj: object) -> None:
        super().__init__(adj)
        self.arrives_since = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # of urlsplit
            raise ParsingError("Invalid address") from error
        # RFC 9112, sections 6.1 and 3.2: each of these may be an attempt to smuggle a request past a proxy.
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length together with Transfer-Encoding")
        if "TRANSFER_ENCODING" in self.headers:  # waitress takes it out of requests of HTTP/1.1
            raise ParsingError("Transfer-Encoding in a request that is not HTTP/1.1")
        if "," in self.headers.get("HOST", ""):
            raise ParsingError("more than one Host")

    def received(self, data: bytes) -> int:
        if self.body_rcv is None and not self.header_plus and data[:1] in (b"\r", b"\n"):
            # Blank lines before a request (RFC 9112, section 2.2). waitress makes an object of every two.
            rest = data.lstrip(b"\r\n")
            self.empty = self.completed = not rest
            return len(data) - len(rest) + (self.received(rest) if rest else 0)
        consumed = int(super().received(data))
        if self.body_rcv is not None and self.error is None:
            self._check_body()
        self.expect_continue &= not self.completed  # waitress would take back that it is completed
        return consumed

    def _check_body(self) -> None:
        size = len(self.body_rcv)
        if self.chunked:
            unfinished = max(len(self.body_rcv.control_line), len(self.body_rcv.trailer))
            if self.body_bytes_received > 2 * size + _FRAMING_BYTES or unfinished > _FRAMING_BYTES:
                self.error, self.completed = BadRequest("the chunked body is mostly framing"), True
        if max(size, self.content_length) >= self.adj.max_request_body_size - DISCARDED_BYTES:
            if self.completed or self.expect_continue:
                self.error, self.completed = self.error or RequestEntityTooLarge(""), True
            elif not isinstance(self.body_rcv.buf, _Discard):
                self.body_rcv.getbuf().close()
                self.body_rcv.buf = _Discard(size)


class RequestTimeout(Error):
    code, reason = 408, "Request Timeout"


class Channel(HTTPChannel):
    """A connection.

    is_refused: no further request is read from it. is_watched: an answer checks whether it stalls, so `look` does not.
    is_last: its response ends it. is_deferred: its next request waits until its responses are sent.
    drained_since: when a refusal was sent, after which what the client still sends is dropped; inf before that.
    sent_at: when its kernel last took bytes; the same as opened_at if it never has.
    """

    task_class = Task
    error_task_class = RefusalTask
    parser_class = Parser
    is_refused = is_watched = is_deferred = is_last = False
    drained_since = inf
    request: Parser | None
    requests: list[Parser]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.opened_at = self.sent_at = time.monotonic()
        super().__init__(*arguments, **options)

    def send(self, data: bytes, do_close: bool = True) -> int:
        if sent := int(super().send(data, do_close=do_close)):
            self.sent_at = time.monotonic()
        return sent

    def stalled_s(self) -> float:
        """For how many seconds the kernel has taken none of the unsent bytes; 0 if there are none."""
        return time.monotonic() - self.sent_at if self.total_outbufs_len else 0.0

    def write_soon(self, data: Any) -> int:
        """Gives the socket what it takes at once; only the rest goes into waitress's buffers.

        While bytes are in a buffer, waitress's own thread wakes for them and competes for the GIL with the event loop.
        """
        rest = data
        if isinstance(data, bytes) and not self.total_outbufs_len:
            with self.outbuf_lock:
                if not self.connected:
                    raise ClientDisconnected
                if not self.total_outbufs_len:
                    rest = data[self.send(data, do_close=False) :]
        if rest:
            super().write_soon(rest)
        return len(data)

    def service(self) -> None:
        """Serves the next request once the client has taken every response before it.

        A client that pipelines requests and does not read would stop a thread otherwise.
        """
        if self.total_outbufs_len:
            self.server.trigger.pull_trigger(self._serve_once_sent)
        else:
            super().service()

    def _serve_once_sent(self) -> None:
        self.is_deferred = self.total_outbufs_len > 0
        if not self.is_deferred:
            self.server.add_task(self)

    def handle_write(self) -> None:
        super().handle_write()
        if self.is_deferred:
            self._serve_once_sent()

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Does not wait: a request's thread writes at most a page."""

    def reset(self) -> None:
        """Closes the connection now, whatever is unsent. To be called in waitress's own thread."""
        if self.socket is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            super().handle_close()

    def handle_close(self) -> None:
        """Closes the connection, but reads for 5 s what the client of a refused request still sends.

        With bytes unread at the close, the kernel would reset the connection, and the refusal be lost (RFC 9112, 9.6).
        """
        if self.is_refused and self.connected and self.drained_since == inf:
            self.drained_since, self.will_close = time.monotonic(), False
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                return
        super().handle_close()

    def readable(self) -> bool:
        """What follows the last request is read and dropped, because the client's disconnect comes after it (T12)."""
        is_ending = self.will_close or self.close_when_flushed or self.total_outbufs_len
        return bool(super().readable()) or (self.is_last and not is_ending)

    def received(self, data: bytes) -> bool:
        return self.is_last or self.drained_since < inf or bool(super().received(data))

    def look(self, now: float, head_s: float, body_s: float, stall_s: float) -> None:
        """Ends what has taken too long: a request that arrives, or a client that takes or sends its last bytes."""
        with self.requests_lock:
            request = self.request
            if request is not None and not self.requests:
                limit_s = body_s if request.headers_finished else head_s
                if now - request.arrives_since > limit_s:
                    if not request.headers_finished:
                        request.parse_header(b"GET / HTTP/1.0\r\n")  # as waitress does for a head that is too large
                    request.error, request.completed = RequestTimeout("the request did not arrive in time"), True
                    self.requests, self.request = [request], None
                    self.server.add_task(self)
        is_unused = request is None and self.sent_at == self.opened_at and not self.requests
        is_late = (is_unused and now - self.opened_at > head_s) or now - self.drained_since > min(body_s, 5.0)
        if is_late or (self.stalled_s() > stall_s and not self.is_watched):
            self.reset()


def prepare(server: TcpWSGIServer) -> None:
    """To be called once, before `run`."""
    server.channel_class = Channel
    server.handle_accept = lambda: None  # `run_round` accepts


def run(server: TcpWSGIServer, connections: dict[int, Any], head_s: float, body_s: float, stall_s: float) -> None:
    """Serves as `server.run` does, in rounds that many requests share, and sweeps once per second.

    connections: the `map` of `create_server`. The limits are those of `sweep`.

    A round looks at every connection, 1 µs each, whatever has happened. Without pauses that grow with the number of
    connections, rounds took a fifth of the process's CPU at 1,000 streams.
    """
    swept_at = time.monotonic()
    while connections:
        run_round(server, connections)
        if time.monotonic() - swept_at >= 1:
            swept_at = time.monotonic()
            sweep(server, head_s, body_s, stall_s)
        time.sleep(min(len(connections) * 8e-6, 0.02))


def run_round(server: TcpWSGIServer, connections: dict[int, Any]) -> None:
    """Waits for events, handles them, and then accepts everyone who waits.

    waitress accepts one client, between other events. The new connection may get the file descriptor of one that was
    closed in the same round, and then an event of the old one closes the new one.
    """
    poll2(1.0, connections)
    accepted = -1
    while accepted != len(connections) and server.readable():
        accepted = len(connections)
        TcpWSGIServer.handle_accept(server)


def sweep(server: TcpWSGIServer, head_s: float, body_s: float, stall_s: float) -> None:
    """Looks at every connection once. To be called in waitress's own thread. Limits are in seconds.

    While the server is close to its limit on connections, a request has to arrive within a second.
    """
    now, channels = time.monotonic(), list(server.active_channels.values())
    is_crowded = len(channels) > 0.8 * server.adj.connection_limit
    head_s, body_s = (min(limit, 1.0) if is_crowded else limit for limit in (head_s, body_s))
    for channel in channels:
        channel.look(now, head_s, body_s, stall_s)


def set_threads(server: TcpWSGIServer, count: int) -> None:
    """Starts the threads that are missing. From any thread. Raises RuntimeError."""
    server.task_dispatcher.set_thread_count(count)


def idle_threads(server: TcpWSGIServer) -> int:
    """How many threads wait for a request; below zero if requests wait for a thread."""
    dispatcher = server.task_dispatcher
    return len(dispatcher.threads) - int(dispatcher.active_count) - len(dispatcher.queue)


def is_idle(server: TcpWSGIServer) -> bool:
    """True while no request's thread is at work and the kernel has taken every byte of every response."""
    if server.task_dispatcher.active_count:  # a connection may be closed while `on_end` still runs
        return False
    return not any(channel.requests or channel.total_outbufs_len for channel in list(server.active_channels.values()))


def stop_accepting(server: TcpWSGIServer) -> None:
    """Closes the listening socket; open connections go on. From any thread."""
    server.trigger.pull_trigger(lambda: dispatcher.close(server))

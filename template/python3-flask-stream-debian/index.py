"""Entry of a function's process: settings, the app, the waitress server, and the edge between the two."""

import json
import resource
import socket
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from waitress import create_server
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask
from waitress.wasyncore import dispatcher, readwrite

from faas_stream import garbage
from faas_stream.app import FunctionApp
from faas_stream.connection import ENVIRON_KEY
from faas_stream.crew import Crew
from faas_stream.errand import Errand, Left
from faas_stream.errors import Failure
from faas_stream.lifecycle import Lifecycle, Lock, run, start_thread
from faas_stream.lines import BoundedLines
from faas_stream.loop import Loop
from faas_stream.reader import Reader
from faas_stream.settings import SettingError, Settings
from faas_stream.sources.sockets import send

MAX_UNSENT_BYTES = 64 * 1024
"""What waits for one reader before the next write blocks; waitress's own default is 16 MiB a connection."""

BODY_REST_S = 0.003
"""Answers begin no sooner behind the last byte of a body. Until then the watchdog's proxy is at the body, and cuts
quicker ones now and then: 2 of 1,200 on a busy machine, none of 6,000 with this (T17)."""

BODY_GRACE_BYTES = 32 * 1024 * 1024
"""Bodies a little above max_body are read to their end, so that the sender gets to see the 413."""


class Task(WSGITask):
    """A request whose environ knows its connection, and whose answer does not begin too soon."""

    is_finished = False

    def __init__(self, channel: "Channel", request: HTTPRequestParser) -> None:
        super().__init__(channel, request)
        self._begins_at = time.monotonic() + BODY_REST_S if request.body_rcv else 0.0
        self.errand = Errand()

    def execute(self) -> None:
        if self.errand.has_begun:
            return
        try:
            self.errand.begin(super().execute)
        except Left:
            self.channel.left = self
            raise

    def build_response_header(self) -> bytes:
        if (rest := self._begins_at - time.monotonic()) > 0:
            time.sleep(rest)
        return bytes(super().build_response_header())

    def finish(self) -> None:
        if self.is_finished or not self.channel.connected:
            raise ClientDisconnected  # waitress would write an end of its own, or miss the application's answer
        super().finish()

    def finish_at_once(self) -> None:
        """Ends the answer as it stands, from any thread."""
        channel = self.channel
        self.is_finished = True
        try:
            if self.chunked_response and not channel.is_full():
                channel.write_soon(b"0\r\n\r\n")
        except ClientDisconnected:
            return
        channel.close_when_flushed = True
        channel.has_changed()

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[ENVIRON_KEY] = Reader(self)
        return environ


class RefusalTask(ErrorTask):
    """The answer to what is not HTTP, or too large, in the shape of all other errors."""

    def service(self) -> None:
        with suppress(ClientDisconnected):  # waitress would log the request's path, which such a one may not have
            super().service()
        self.close_on_finish = True

    def execute(self) -> None:
        error = self.request.error
        code = error.reason.lower().replace(" ", "_")
        # waitress's limit is above max_body, and not for the caller to know.
        message = "The body is too large." if error.code == 413 else f"{error.reason}: {error.body.rstrip('.')}."
        body = json.dumps(Failure(error.code, code, message).body()).encode() + b"\n"
        self.status = f"{error.code} {error.reason}"
        self.content_length = len(body)
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.write(body)


class Parser(HTTPRequestParser):
    """A parser to which an address that urlsplit chokes on is a bad request, and not a crash."""

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("Invalid address") from error


class Channel(HTTPChannel):
    """A connection that tells the loop itself what it waits for."""

    error_task_class = RefusalTask
    parser_class = Parser

    def __init__(self, *given: Any, **options: Any) -> None:
        self.left: Task | None = None  # whose thread has left
        super().__init__(*given, **options)
        self.has_changed()

    def task_class(self, _channel: "Channel", request: HTTPRequestParser) -> Task:
        task, self.left = self.left or Task(self, request), None
        return task

    def has_changed(self) -> None:
        self.server.asyncore.look_at(self)

    def is_full(self) -> bool:
        return bool(self.total_outbufs_len > MAX_UNSENT_BYTES)

    def del_channel(self, map: dict[int, Any] | None = None) -> None:
        fd = self._fileno
        super().del_channel(map)
        if fd is not None:
            self.server.asyncore.forget(fd)

    def service(self) -> None:
        try:
            if self.left:
                self.left.errand.go_on()
            super().service()
        except Left as left:
            left.parked.wait(partial(self.server.task_dispatcher.do, self.service))
        except BaseException:
            self.cancel()
            raise
        finally:
            self.has_changed()

    def write_soon(self, data: Any) -> int:
        """Sends at once what the socket takes; only the rest goes the way of waitress's buffers."""
        rest = data
        if isinstance(data, bytes) and not self.total_outbufs_len:
            with self.outbuf_lock:
                if not self.connected:
                    raise ClientDisconnected
                if not self.total_outbufs_len:
                    rest = self._sent_at_once(data)
        if rest:
            super().write_soon(rest)
            self.has_changed()
        return len(data)

    def _sent_at_once(self, data: bytes) -> bytes:
        """What the socket does not take of the data."""
        try:
            sent = send(self.socket, data)
        except BlockingIOError:
            return data
        except OSError:
            self.connected, self.will_close = False, True
            self.has_changed()
            raise ClientDisconnected from None
        self.last_activity = time.time()
        return data[sent:]


class Server:
    """The waitress server. Its port is open once this returns; connections are answered once it runs."""

    def __init__(self, app: FunctionApp, settings: Settings) -> None:
        host, port = settings.upstream_url
        self._server = create_server(
            app,
            _dispatcher=Crew(lambda job: start_thread(job, "answer"), Lock(), clock=time.monotonic, sleep=time.sleep),
            host=host,
            port=port,
            # One request is looked at ahead of its turn, which is how a departure is noticed in silence (T12).
            channel_request_lookahead=1,
            # Above capacity a connection must still be taken in to be told so.
            connection_limit=2 * settings.max_streams + 1024,
            outbuf_high_watermark=MAX_UNSENT_BYTES,
            max_request_body_size=settings.max_body + BODY_GRACE_BYTES,
        )
        self._server.channel_class = Channel
        self._server.asyncore = Loop(readwrite, Lock())
        # Left alone, the kernel's buffer for a slow reader grows to 2.5 MB, and moves only when a third of it is read.
        self._server.adj.socket_options = [
            *self._server.adj.socket_options,
            (socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_UNSENT_BYTES),
        ]

    def run(self) -> None:
        self._server.run()

    def is_idle(self) -> bool:
        channels = list(self._server.active_channels.values())
        return not any(channel.requests or channel.total_outbufs_len for channel in channels)

    def stop_accepting(self) -> None:
        # In the loop's own thread, whose poll would go on with the closed descriptor otherwise.
        self._server.trigger.pull_trigger(self._stop)

    def _stop(self) -> None:
        self._server.asyncore.forget(self._server._fileno)
        dispatcher.close(self._server)


def main() -> int:
    garbage.seldom()
    stdout = BoundedLines(sys.stdout, Lock())
    sys.stdout, sys.stderr = stdout, BoundedLines(sys.stderr, Lock())
    try:
        settings = Settings()
    except SettingError as error:
        sys.exit(str(error))
    lifecycle = Lifecycle.of(settings, emit=stdout.line)
    app = FunctionApp(settings, lifecycle)
    # A stream holds two descriptors, its reader's and upstream's.
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    try:
        server = Server(app, settings)
    except OSError as error:
        host, port = settings.upstream_url
        sys.exit(f"cannot listen on {host}:{port}: {error.strerror}. Free the port, or set another in upstream_url.")
    if settings.suppress_lock:
        Path(tempfile.gettempdir(), ".lock").touch()

    def load() -> None:
        handler = import_module("function.handler")
        app.handle = handler.handle
        app.is_public = getattr(handler, "is_public", app.is_public)
        garbage.spare_what_is_there()

    return run(lifecycle, server, load, under_watchdog=settings.under_watchdog)


if __name__ == "__main__":
    sys.exit(main())

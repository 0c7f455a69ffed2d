"""A handler, served with a scripted clock, and what its client has received."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from types import ModuleType
from typing import Any

from werkzeug.test import EnvironBuilder
from werkzeug.wsgi import ClosingIterator

from faas_stream.answers.connection import CONNECTION
from faas_stream.answers.record import Record
from faas_stream.answers.registry import CHECK_INTERVAL_S, Answers
from faas_stream.errors import FAILURES
from faas_stream.settings import Settings
from faas_stream.web.app import FunctionApp
from tests.answers.client import Client
from tests.answers.clock import ClockLoop
from tests.answers.lifecycle.feed import TIMEOUT_S, Feed
from tests.events import without_ids
from tests.platform.deadline import wait_until

SETTINGS = {
    "heartbeat_interval": "15s",
    "commit_after": "5s",
    "upstream_idle_timeout": "60s",
    "write_timeout": "5m",
    "stream_timeout": "100s",
    "write_stall_timeout": "30s",
    "drain_timeout": "25s",
}
SSE = {"Accept": "text/event-stream"}


class Function:
    """A handler, served with a loop whose time the test moves."""

    def __init__(self, handle: Callable[[Any], Any], **settings: str) -> None:
        self.loop = ClockLoop()
        self.records: list[Record] = []
        configured = Settings(SETTINGS | settings)
        self.answers = Answers(configured, self.loop, self.records.append)
        self._app = FunctionApp(configured, self.answers)
        handler = ModuleType("function.handler")
        vars(handler)["handle"] = handle
        self._app.use(handler)
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self.loop_thread = threading.Thread(target=self._run_loop)
        self.loop_thread.start()

    def _run_loop(self) -> None:
        while not self._is_closed:
            with suppress(SystemExit, KeyboardInterrupt):  # either of them ends run_forever(), as in EventLoop
                self.loop.run_forever()

    def load(self) -> None:
        self.answers.end_load()

    def request(self, client: Client, method: str = "GET", path: str = "/", **headers: str) -> threading.Thread:
        """Starts a request in a thread of its own, as the server does."""
        builder = EnvironBuilder(path, method=method, headers=list((SSE | headers).items()))
        environ: dict[str, Any] = {**builder.get_environ(), CONNECTION: client}

        def serve() -> None:
            with closing(ClosingIterator(self._app.wsgi_app(environ, client.start_response))) as pieces:
                for piece in pieces:
                    client.write(piece)

        thread = threading.Thread(target=serve)
        thread.start()
        self._threads.append(thread)
        return thread

    def settle(self) -> None:
        asyncio.run_coroutine_threadsafe(self.loop.settle(), self.loop).result(TIMEOUT_S)

    def wait(self, seconds: float) -> None:
        """Lets so many seconds pass, in steps in which every timer has its turn."""
        end = self.loop.now + seconds
        while self.loop.now < end:
            self.loop.now = min(end, self.loop.now + CHECK_INTERVAL_S / 5)
            self.settle()

    def pause(self, seconds: float) -> None:
        """Lets so many seconds pass at once, as if the process had been stopped."""
        self.loop.call_soon_threadsafe(lambda: setattr(self.loop, "now", self.loop.now + seconds))
        self.settle()

    def close(self) -> None:
        self.wait(1)
        for thread in self._threads:
            thread.join(TIMEOUT_S)
            assert not thread.is_alive(), "the request's thread has not come back"
        self._is_closed = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.loop_thread.join(TIMEOUT_S)
        self.loop.close()


Serve = Callable[..., Function]


def started(function: Function, client: Client, feed: Feed, **headers: str) -> None:
    """Sends a request, and returns when its source is read."""
    function.request(client, **headers)
    assert feed.is_read.wait(TIMEOUT_S)
    function.settle()


def received(function: Function, client: Client, text: str) -> None:
    """Waits until what the client has received ends in this text, apart from event ids."""

    def has_come() -> bool:
        function.wait(0.1)
        return without_ids(client.received).endswith(text)

    wait_until(has_come, f"the client has received {text!r}")


def received_one_item(function: Function, client: Client, feed: Feed) -> None:
    """Sends a request, and returns when its client has received the item `a`."""
    feed.send("a")
    started(function, client, feed)
    received(function, client, "data: a\n\n")


def heartbeats(client: Client) -> int:
    return client.received.splitlines().count(": ")


def frame(code: str) -> str:
    return f"event: error\ndata: {json.dumps({'code': code, 'message': FAILURES[code].message})}\n\n"

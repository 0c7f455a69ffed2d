"""The life of an answer, with a scripted clock and client: what the client gets, when, and what ends the answer."""

import asyncio
import gc
import json
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import flask
import pytest
from werkzeug.test import EnvironBuilder

from faas_stream import ClientError, stream
from faas_stream.answers import output
from faas_stream.answers.connection import CONNECTION
from faas_stream.answers.output import ROOM_BYTES
from faas_stream.answers.record import Record
from faas_stream.answers.registry import CHECK_INTERVAL_S, Answers
from faas_stream.errors import FAILURES
from faas_stream.settings import Settings
from faas_stream.web.app import FunctionApp
from tests.answers.client import Client
from tests.answers.clock import ClockLoop
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
TIMEOUT_S = 10
END = object()


class Feed:
    """A source whose items the test sends. `pull` is a sync generator of it, `pull_async` an async one."""

    def __init__(self) -> None:
        self._items: SimpleQueue[Any] = SimpleQueue()
        self._wakes: asyncio.Queue[Any] = asyncio.Queue()
        self.is_closed = threading.Event()
        self.is_read = threading.Event()

    def send(self, *items: Any) -> None:
        for item in items:
            self._items.put(item)

    def pull(self) -> Iterator[Any]:
        try:
            self.is_read.set()
            while (item := self._items.get(timeout=TIMEOUT_S)) is not END:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.is_closed.set()

    async def pull_async(self) -> AsyncIterator[Any]:
        try:
            self.is_read.set()
            while True:
                while self._items.empty():
                    await asyncio.sleep(0.01)
                if (item := self._items.get()) is END:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.is_closed.set()


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
        self._loop_thread = threading.Thread(target=self._run_loop)
        self._loop_thread.start()

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
            for piece in self._app.wsgi_app(environ, client.start_response):
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

    def close(self) -> None:
        self.wait(1)
        for thread in self._threads:
            thread.join(TIMEOUT_S)
            assert not thread.is_alive(), "the request's thread has not come back"
        self._is_closed = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._loop_thread.join(TIMEOUT_S)
        self.loop.close()


Serve = Callable[..., Function]


@pytest.fixture
def serve() -> Iterator[Serve]:
    functions: list[Function] = []

    def serve(handle: Callable[[Any], Any], *, is_loaded: bool = True, **settings: str) -> Function:
        functions.append(Function(handle, **settings))
        if is_loaded:
            functions[-1].load()
        return functions[-1]

    yield serve
    for function in functions:
        function.close()


@pytest.fixture
def feed() -> Iterator[Feed]:
    feed = Feed()
    yield feed
    feed.send(END)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture(params=["pull", "pull_async"])
def source(request: pytest.FixtureRequest, feed: Feed) -> Callable[[], Any]:
    """The feed as a sync and as an async generator."""
    pull: Callable[[], Any] = getattr(feed, request.param)
    return pull


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


def heartbeats(client: Client) -> int:
    return client.received.splitlines().count(": ")


def frame(code: str) -> str:
    return f"event: error\ndata: {json.dumps({'code': code, 'message': FAILURES[code].message})}\n\n"


def test_an_answer_is_sent_to_its_end(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a", "b", END)
    started(function, client, feed)
    received(function, client, "data: a\n\ndata: b\n\ndata: [DONE]\n\n")
    wait_until(lambda: bool(function.records), "the record is written")
    [record] = function.records
    assert (record.status, record.outcome, record.events) == (200, "complete", 2)
    assert client.is_ended
    assert feed.is_closed.wait(TIMEOUT_S)


def test_in_silence_the_status_is_sent_with_a_comment_and_heartbeats_follow(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    started(function, client, feed)
    function.wait(4)
    assert client.heads == []
    function.wait(2)
    assert [status for status, _ in client.heads] == ["200 OK"]
    assert heartbeats(client) == 1
    function.wait(14)
    assert heartbeats(client) == 1
    function.wait(2)
    assert heartbeats(client) == 2
    feed.send("a", END)
    received(function, client, "data: a\n\ndata: [DONE]\n\n")
    assert [record.time_to_first_item_s for record in function.records] != [None]


def test_a_response_that_the_first_item_is_about_to_begin_begins_once(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    earliest = time.monotonic() + 0.5
    monkeypatch.setattr(output, "earliest_start", lambda _environ: earliest)
    function = serve(lambda _req: stream(source()), commit_after="20ms")
    feed.send("a")
    started(function, client, feed)
    wait_until(lambda: time.monotonic() > earliest, "the response may begin")
    feed.send(END)
    received(function, client, "data: a\n\ndata: [DONE]\n\n")
    assert len(client.heads) == 1


def test_an_early_failure_keeps_its_status(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send(ClientError("no", status=404, code="no_city"))
    started(function, client, feed)
    wait_until(lambda: bool(function.records), "the answer has ended")
    assert client.heads[0][0] == "404 Not Found"
    assert json.loads(client.received)["error"]["code"] == "no_city"


def test_a_late_failure_is_an_error_frame(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    started(function, client, feed)
    function.wait(6)
    feed.send(ClientError("no", status=404, code="no_city"))
    received(function, client, '"code": "no_city", "message": "no"}\n\n')
    assert client.heads[0][0] == "200 OK"


def test_a_silent_upstream_ends_the_answer_though_heartbeats_flow(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a")
    started(function, client, feed)
    received(function, client, "data: a\n\n")
    function.wait(58)
    assert not client.is_ended
    function.wait(3)
    assert without_ids(client.received).endswith(frame("upstream_timeout"))
    assert client.is_ended
    assert [record.outcome for record in function.records] == ["upstream_timeout"]
    feed.send("too late")
    assert feed.is_closed.wait(TIMEOUT_S)
    function.wait(1)
    assert "too late" not in client.received


def test_the_deadline_counts_from_the_beginning(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    started(function, client, feed)
    for number in range(9):
        function.wait(10)
        feed.send(f"item {number}")
        received(function, client, f"data: item {number}\n\n")
    function.wait(10)
    assert without_ids(client.received).endswith(frame("deadline_exceeded"))
    assert [record.outcome for record in function.records] == ["deadline_exceeded"]
    feed.send("too late")


def test_a_drain_gives_open_answers_drain_timeout(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a")
    started(function, client, feed)
    received(function, client, "data: a\n\n")
    function.answers.drain()
    assert function.answers.is_draining
    function.wait(24)
    feed.send("b")
    received(function, client, "data: b\n\n")
    function.wait(2)
    assert without_ids(client.received).endswith(frame("shutting_down"))
    assert function.answers.is_idle
    feed.send("too late")


def test_a_disconnect_is_noticed_in_silence_and_closes_an_async_source_at_once(
    serve: Serve, client: Client, feed: Feed
) -> None:
    function = serve(lambda _req: stream(feed.pull_async()))
    feed.send("a")
    started(function, client, feed)
    received(function, client, "data: a\n\n")
    client.is_gone_now = True
    function.wait(1)
    assert feed.is_closed.is_set()
    assert [record.outcome for record in function.records] == ["client_disconnected"]


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


class SdkStream:
    """What an SDK returns: part of a reference cycle, so that it is closed only when it is collected."""

    def __init__(self) -> None:
        self.myself = self


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("is_flask", [False, True], ids=["stream()", "Response()"])
def test_what_a_generator_drops_when_its_client_disconnects_is_collected(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any], is_flask: bool
) -> None:
    made: list[weakref.ref[SdkStream]] = []

    def generate() -> Iterator[str]:
        sdk_stream = SdkStream()
        made.append(weakref.ref(sdk_stream))
        yield from source()

    async def generate_async() -> AsyncIterator[str]:
        sdk_stream = SdkStream()
        made.append(weakref.ref(sdk_stream))
        async for item in source():
            yield item

    def handle(_req: str) -> flask.Response:
        items: Any = generate_async() if source == feed.pull_async else generate()
        return flask.Response(items, mimetype="text/event-stream") if is_flask else stream(items)

    function = serve(handle)
    feed.send("data: a\n\n")
    started(function, client, feed)

    def has_received() -> bool:
        function.wait(0.1)
        return bool(client.received)

    wait_until(has_received, "the client has received the first item")
    client.unsent_bytes = ROOM_BYTES + 1
    feed.send("data: b\n\n")  # at which an async generator waits now
    function.wait(1)
    client.is_gone_now = True
    function.wait(1)
    feed.send("data: c\n\n")  # at which a sync generator is closed

    def is_collected() -> bool:
        function.wait(0.5)
        return made[0]() is None

    wait_until(is_collected, "the SDK's stream is collected")


def test_a_request_whose_thread_is_stuck_counts_until_the_thread_is_free(
    serve: Serve, client: Client, feed: Feed
) -> None:
    function = serve(lambda _req: stream(feed.pull()), max_streams="1")
    feed.send("a")
    started(function, client, feed)
    received(function, client, "data: a\n\n")
    client.is_gone_now = True
    function.wait(5)
    assert [record.outcome for record in function.records] == ["client_disconnected"]
    second = Client()
    function.request(second).join(TIMEOUT_S)
    assert second.heads[0][0].startswith("429")
    feed.send("too late")
    assert feed.is_closed.wait(TIMEOUT_S)
    feed.send(END)

    def is_served() -> bool:
        third = Client()
        feed.send(END)
        function.request(third)
        wait_until(lambda: bool(third.heads), "there is a response")
        return third.heads[0][0] == "200 OK"

    wait_until(is_served, "the place is free again")


def test_the_response_ends_on_time_though_its_thread_is_stuck(serve: Serve, client: Client) -> None:
    may_end = threading.Event()

    def handle(_req: str) -> str:
        may_end.wait(TIMEOUT_S)
        return "too late"

    function = serve(handle)
    function.request(client, Accept="application/json")
    function.settle()
    function.wait(59)
    assert client.heads == []
    function.wait(2)
    assert client.heads[0][0] == "504 Gateway Timeout"
    assert json.loads(client.received)["error"]["code"] == "upstream_timeout"
    assert client.is_ended
    may_end.set()


def test_a_stuck_client_is_disconnected(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a")
    started(function, client, feed)
    received(function, client, "data: a\n\n")
    client.unsent_bytes = 5
    function.wait(29)
    assert not client.is_broken_off
    function.wait(3)
    assert client.is_broken_off
    assert heartbeats(client) == 0, "a client that still has bytes to take needs no heartbeat"
    assert [record.outcome for record in function.records] == ["write_stalled"]
    feed.send("too late")


def test_a_client_that_is_slow_but_reads_is_not(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    started(function, client, feed)
    client.unsent_bytes = ROOM_BYTES + 1
    for taken in range(3):
        function.wait(20)
        feed.send("a")
        client.taken_bytes += taken + 1
    assert function.records == []
    client.unsent_bytes = 0
    feed.send(END)
    received(function, client, "data: [DONE]\n\n")


def test_a_slow_clients_source_is_read_only_a_few_items_ahead(serve: Serve, client: Client) -> None:
    read: list[int] = []

    def source() -> Iterator[str]:
        for number in range(100):
            read.append(number)
            yield "a"

    function = serve(lambda _req: stream(source()))
    client.unsent_bytes = ROOM_BYTES + 1
    function.request(client)
    wait_until(lambda: bool(read), "the source is read")
    function.wait(5)
    assert len(read) < 10
    client.unsent_bytes = 0
    received(function, client, "data: [DONE]\n\n")


def test_a_document_waits_for_its_end_without_heartbeats(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a")
    started(function, client, feed, Accept="application/json")
    function.wait(30)
    assert client.heads == []
    feed.send("b", END)
    received(function, client, "}\n")
    assert json.loads(client.received)["text"] == "ab"


def test_an_event_stream_may_begin_while_its_handler_blocks(serve: Serve, client: Client, feed: Feed) -> None:
    may_return = threading.Event()

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return stream(feed.pull())

    function = serve(handle)
    function.request(client)
    function.wait(6)
    assert client.heads[0][0] == "200 OK"
    assert client.received.endswith(": \n")
    function.wait(15)
    assert heartbeats(client) == 2
    may_return.set()
    feed.send("a", END)
    received(function, client, ": \ndata: a\n\ndata: [DONE]\n\n")
    assert len(client.heads) == 1


@pytest.mark.parametrize(
    ("accept", "path"),
    [("*/*", "/"), ("application/json", "/"), ("text/event-stream, */*", "/"), ("text/event-stream", "/?format=xml")],
)
def test_no_stream_begins_early_for_a_client_that_accepts_anything_else(
    serve: Serve, client: Client, accept: str, path: str
) -> None:
    may_return = threading.Event()

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return stream(["a"])

    function = serve(handle)
    function.request(client, path=path, Accept=accept)
    function.wait(10)
    assert client.heads == []
    may_return.set()
    wait_until(lambda: bool(client.heads), "there is a response")


@pytest.mark.parametrize(
    ("returned", "code"),
    [
        (lambda: "text", "internal_error"),
        (lambda: flask.abort(404), "not_found"),
        (lambda: dict[str, str]()["key"], "internal_error"),
    ],
    ids=["a text", "a refusal", "an error"],
)
def test_anything_that_a_late_handler_returns_instead_of_the_stream_is_an_error_frame(
    serve: Serve, client: Client, returned: Callable[[], Any], code: str
) -> None:
    may_return = threading.Event()

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return returned()

    function = serve(handle)
    function.request(client)
    function.wait(6)
    may_return.set()
    wait_until(lambda: bool(function.records), "the answer has ended")
    assert "event: error" in client.received
    assert f'"code": "{code}"' in client.received
    assert len(client.heads) == 1
    assert function.records[0].outcome == code


def test_requests_wait_for_the_handlers_import_and_count_meanwhile(serve: Serve, client: Client) -> None:
    function = serve(lambda _req: stream(["a"]), is_loaded=False, max_streams="1")
    function.request(client)
    function.wait(3)
    assert client.heads == []
    refused = Client()
    function.request(refused).join(TIMEOUT_S)
    assert refused.heads[0][0].startswith("429")
    function.load()
    received(function, client, "data: a\n\ndata: [DONE]\n\n")


def test_a_failed_import_answers_every_request_at_once(serve: Serve, client: Client) -> None:
    function = serve(lambda _req: stream(["a"]), is_loaded=False)
    function.request(client)
    function.settle()
    function.answers.end_load(failed=True)
    wait_until(lambda: bool(client.heads), "there is a response")
    assert client.heads[0][0].startswith("500")


def test_a_source_that_swallows_its_cancellation_does_not_keep_the_response(serve: Serve, client: Client) -> None:
    is_over = threading.Event()

    async def stubborn() -> AsyncIterator[str]:
        yield "a"
        while not is_over.is_set():
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                continue

    function = serve(lambda _req: stream(stubborn()))
    function.request(client)
    received(function, client, "data: a\n\n")
    function.wait(66)
    assert client.is_ended
    assert without_ids(client.received).endswith(frame("upstream_timeout"))
    is_over.set()
    function.wait(3)


def test_a_source_that_is_never_closed_does_not_keep_its_place(serve: Serve, client: Client) -> None:
    class Endless:
        def __aiter__(self) -> "Endless":
            return self

        async def __anext__(self) -> str:
            raise ValueError

        async def aclose(self) -> None:
            await asyncio.get_running_loop().create_future()

    function = serve(lambda _req: stream(Endless()), max_streams="1")
    thread = function.request(client)
    wait_until(lambda: bool(client.heads), "there is a response")
    assert client.heads[0][0].startswith("500")
    function.wait(4)
    thread.join(TIMEOUT_S)
    assert not thread.is_alive()


def test_an_async_handler_is_cancelled_when_its_client_disconnects(
    serve: Serve, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    events: SimpleQueue[str] = SimpleQueue()

    async def handle(_req: str) -> str:
        events.put("started")
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            events.put("cancelled")
            raise
        return "too late"

    function = serve(handle)
    function.request(client)
    assert events.get(timeout=TIMEOUT_S) == "started"
    client.is_gone_now = True
    function.wait(1)
    assert events.get(timeout=TIMEOUT_S) == "cancelled"
    wait_until(lambda: bool(function.records), "the answer has ended")
    assert function.records[0].outcome == "client_disconnected"
    assert capsys.readouterr().err == ""


def test_a_coroutine_that_comes_after_the_disconnect_never_starts(
    serve: Serve, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    is_called, may_return = threading.Event(), threading.Event()
    started = []

    async def create() -> str:
        started.append(True)
        return "too late"

    def handle(_req: str) -> Any:
        is_called.set()
        assert may_return.wait(TIMEOUT_S)
        return create()

    function = serve(handle)
    thread = function.request(client)
    assert is_called.wait(TIMEOUT_S)
    client.is_gone_now = True
    function.wait(1)
    may_return.set()
    function.wait(4)
    thread.join(TIMEOUT_S)
    assert not started
    assert [record.outcome for record in function.records] == ["client_disconnected"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, SystemExit, KeyboardInterrupt])
def test_whatever_a_source_raises_ends_only_its_answer(
    serve: Serve, client: Client, error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        raise error

    function = serve(lambda _req: stream(source()))
    function.request(client)
    received(function, client, frame("internal_error"))
    assert function.records[0].outcome == "internal_error"
    assert error.__name__ in capsys.readouterr().err
    other = Client()
    function.request(other)
    received(function, other, frame("internal_error"))


def test_an_answer_without_an_error_frame_is_broken_off(serve: Serve, client: Client) -> None:
    def handle(_req: str) -> flask.Response:
        def rows() -> Iterator[str]:
            yield "a,b\n"
            raise ValueError

        return flask.Response(rows(), mimetype="text/csv")

    function = serve(handle)
    function.request(client)
    wait_until(lambda: bool(function.records), "the answer has ended")
    assert client.received == "a,b\n"
    assert client.is_ended
    assert not client.is_complete

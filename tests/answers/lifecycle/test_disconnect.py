"""What ends when the client disconnects: the source, the handler, and the request's place."""

import asyncio
import gc
import inspect
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from queue import SimpleQueue
from typing import Any

import flask
import pytest

from faas_stream import stream
from faas_stream.answers.output import ROOM_BYTES
from tests.answers.client import Client
from tests.answers.lifecycle.feed import END, TIMEOUT_S, Feed
from tests.answers.lifecycle.function import Serve, received_one_item, started
from tests.platform.deadline import wait_until


def test_a_disconnect_is_noticed_in_silence_and_closes_an_async_source_at_once(
    serve: Serve, client: Client, feed: Feed
) -> None:
    function = serve(lambda _req: stream(feed.pull_async()))
    received_one_item(function, client, feed)
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


class ClosableStream:
    """A stream that notes that it is closed."""

    def __init__(self) -> None:
        self.is_closed = threading.Event()

    def __aiter__(self) -> AsyncIterator[str]:
        raise AssertionError("it must not be iterated over")

    async def aclose(self) -> None:
        self.is_closed.set()


def test_a_stream_that_a_generator_yields_after_the_end_is_closed(serve: Serve, client: Client, feed: Feed) -> None:
    late = ClosableStream()
    yield_after_the_end(late, serve, client, feed)
    assert late.is_closed.wait(TIMEOUT_S)


def test_a_coroutine_that_a_generator_yields_after_the_end_is_closed(serve: Serve, client: Client, feed: Feed) -> None:
    late = asyncio.sleep(0)
    yield_after_the_end(late, serve, client, feed)
    assert inspect.getcoroutinestate(late) == inspect.CORO_CLOSED


def yield_after_the_end(late: object, serve: Serve, client: Client, feed: Feed) -> None:
    """Returns when the generator that has yielded it is closed."""
    function = serve(lambda _req: stream(feed.pull()))
    received_one_item(function, client, feed)
    wait_until(lambda: feed.reads == 2, "the thread waits for the second item")
    client.is_gone_now = True
    function.wait(1)
    feed.send(late)
    assert feed.is_closed.wait(TIMEOUT_S)


def test_a_request_whose_thread_is_stuck_counts_until_the_thread_is_free(
    serve: Serve, client: Client, feed: Feed
) -> None:
    function = serve(lambda _req: stream(feed.pull()), max_streams="1")
    received_one_item(function, client, feed)
    wait_until(lambda: feed.reads == 2, "the thread waits for the second item")
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

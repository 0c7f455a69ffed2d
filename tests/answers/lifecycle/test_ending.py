"""What an answer's end waits for, closes and lets go of."""

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import flask
import pytest

from faas_stream import ClientError, http_client, stream
from faas_stream.answers.record import Record
from faas_stream.formats.encoder import Encoder
from tests.answers.client import Client
from tests.answers.lifecycle.feed import END, TIMEOUT_S, Feed
from tests.answers.lifecycle.function import Function, Serve, frame, received, received_one_item
from tests.platform.deadline import wait_until
from tests.upstream import Upstream, says

DOCUMENT = {"Accept": "application/json"}


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def passes(function: Function, condition: Callable[[], bool], what: str) -> None:
    """Lets time pass until the condition holds."""

    def holds() -> bool:
        function.wait(0.1)
        return condition()

    wait_until(holds, what)


# ---------------------------------------------------------------------- errors


class Quota(ClientError):
    """Of an author who has forgotten `super().__init__`."""

    def __init__(self, user: str) -> None:
        self.user = user


def test_an_exception_that_cannot_be_read_ends_the_answer(serve: Serve, client: Client) -> None:
    ended: list[str] = []

    def items() -> Iterator[str]:
        yield "a"
        raise Quota("somebody")

    function = serve(lambda _req: stream(items(), on_end=lambda record: ended.append(record.outcome)))
    thread = function.request(client)
    received(function, client, frame("internal_error"))
    thread.join(TIMEOUT_S)
    assert ended == ["internal_error"]


def test_an_applications_event_stream_without_events_is_whole(serve: Serve, client: Client) -> None:
    may_end = threading.Event()

    def application(_environ: object, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        assert may_end.wait(TIMEOUT_S)
        return iter(())

    function = serve(lambda _req: application)
    function.request(client)
    passes(function, lambda: bool(client.heads), "the response has begun without the first byte")
    may_end.set()
    passes(function, lambda: client.is_ended, "the response has ended")
    assert client.is_complete
    assert [record.outcome for record in function.records] == ["complete"]


# ---------------------------------------------------------------------- the place


def is_refused(function: Function) -> bool:
    other = Client()
    thread = function.request(other)
    passes(function, lambda: bool(other.heads), "another request is answered")
    thread.join(0)
    return other.heads[0][0].startswith("429")


@pytest.mark.parametrize("where", ["call_on_close", "context manager"])
def test_an_answer_keeps_its_place_while_the_authors_code_closes_it(serve: Serve, client: Client, where: str) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def close() -> None:
        begun.set()
        assert may_end.wait(TIMEOUT_S)

    @contextmanager
    def around() -> Iterator[list[str]]:
        yield ["a"]
        close()

    def handle(_req: str) -> flask.Response:
        if where == "context manager":
            return stream(around())
        response = stream(["a"])
        response.call_on_close(close)
        return response

    function = serve(handle, max_streams="1")
    function.request(client)
    received(function, client, "data: a\n\ndata: [DONE]\n\n")
    assert begun.wait(TIMEOUT_S)
    try:
        assert is_refused(function)
    finally:
        may_end.set()


def test_a_client_that_does_not_take_its_document_keeps_its_place(serve: Serve, client: Client) -> None:
    def stops_reading(_data: bytes) -> None:
        client.unsent_bytes = 100_000

    client.on_write = stops_reading
    function = serve(lambda _req: stream("x" * 50_000 for _ in range(4)), max_streams="1")
    function.request(client, **DOCUMENT)
    passes(function, lambda: bool(client.sent), "the document is on its way")
    try:
        assert is_refused(function)
    finally:
        client.on_write, client.unsent_bytes = lambda _data: None, 0


# ---------------------------------------------------------------------- what is closed


def disconnect_after_an_item(function: Function, client: Client, feed: Feed) -> None:
    received_one_item(function, client, feed)
    wait_until(lambda: feed.reads == 2, "the thread waits for the second item")
    client.is_gone_now = True
    function.wait(1)
    feed.send("data: b\n\n")


@pytest.mark.usefixtures("no_garbage_collection")
def test_an_iterator_without_a_close_is_let_go_of(serve: Serve, client: Client, feed: Feed) -> None:
    function = serve(lambda _req: stream(map(str, feed.pull())))
    disconnect_after_an_item(function, client, feed)
    passes(function, feed.is_closed.is_set, "the generator in the map is closed")


def test_the_iterator_of_an_iterable_is_closed_in_the_requests_thread(serve: Serve, client: Client, feed: Feed) -> None:
    closed_by: list[threading.Thread] = []

    class Rows:
        def __iter__(self) -> Iterator[Any]:
            try:
                yield feed.pull_async()
            finally:
                closed_by.append(threading.current_thread())

    function = serve(lambda _req: stream(Rows()))
    received_one_item(function, client, feed)
    client.is_gone_now = True
    passes(function, lambda: bool(closed_by), "the iterator is closed")
    assert closed_by[0] is not function.loop_thread


class SdkStream:
    """What an SDK returns: part of a reference cycle, so that it is closed only when it is collected."""

    def __init__(self) -> None:
        self.myself = self

    def __aiter__(self) -> AsyncIterator[str]:
        raise AssertionError("it is not read")


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("is_async", [False, True], ids=["generator", "async generator"])
def test_a_stream_after_one_that_is_cut_is_collected(serve: Serve, client: Client, feed: Feed, is_async: bool) -> None:
    made: list[weakref.ref[SdkStream]] = []

    def both() -> Iterator[Any]:
        second = SdkStream()
        made.append(weakref.ref(second))
        yield feed.pull_async()
        yield second

    async def both_async() -> AsyncIterator[Any]:
        for item in both():
            yield item

    function = serve(lambda _req: stream(both_async() if is_async else both()))
    received_one_item(function, client, feed)
    client.is_gone_now = True
    passes(function, lambda: made[0]() is None, "the second stream is collected")


def test_the_tasks_of_a_list_are_cancelled_and_the_results_of_those_that_are_done_closed(
    serve: Serve, client: Client, feed: Feed
) -> None:
    tasks: list[asyncio.Task[Any]] = []
    other = Feed()

    async def begin(items: AsyncIterator[Any]) -> AsyncIterator[Any]:
        other.send("b")
        return items

    async def handle(_req: str) -> flask.Response:
        begun = other.pull_async()
        other.send("b")
        await anext(begun)
        tasks.extend(
            [
                asyncio.create_task(begin(feed.pull_async())),
                asyncio.create_task(begin(begun)),
                asyncio.create_task(asyncio.sleep(3600)),
            ]
        )
        return stream(tasks)

    function = serve(handle)
    received_one_item(function, client, feed)
    client.is_gone_now = True
    passes(function, lambda: tasks[2].cancelled() and other.is_closed.is_set(), "both others are ended")


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_a_header_that_http_cannot_carry_closes_the_source_and_runs_on_end(
    serve: Serve, client: Client, feed: Feed, method: str
) -> None:
    ended: list[Record] = []

    def handle(_req: str) -> flask.Response:
        items = feed.pull()
        feed.send("a")
        next(items)
        response = stream(items, on_end=ended.append)
        response.headers["X-Title"] = "日本"
        return response

    function = serve(handle)
    thread = function.request(client, method=method)
    passes(function, lambda: bool(client.heads), "the request is answered")
    thread.join(TIMEOUT_S)
    assert client.heads[0][0].startswith("500")
    assert feed.is_closed.is_set()
    assert [record.outcome for record in ended] == ["internal_error"]


@pytest.mark.parametrize("managers", [1, 2])
def test_all_closers_run_although_the_thread_comes_back_late(
    serve: Serve, client: Client, feed: Feed, managers: int
) -> None:
    closed: list[str] = []

    @contextmanager
    def around(inner: Any, name: str) -> Iterator[Any]:
        yield inner
        closed.append(name)

    def handle(_req: str) -> flask.Response:
        source: Any = feed.pull()
        for number in range(managers):
            source = around(source, f"manager {number}")
        response = stream(source, on_end=lambda _record: closed.append("on_end"))
        response.call_on_close(lambda: closed.append("call_on_close"))
        return response

    function = serve(handle)
    thread = function.request(client)
    received_after(function, client, feed)
    client.is_gone_now = True
    function.wait(6)  # closing has been cancelled twice
    feed.send(END)
    passes(function, lambda: not thread.is_alive(), "the thread is free")
    assert closed == [*(f"manager {number}" for number in range(managers)), "call_on_close", "on_end"]


def received_after(function: Function, client: Client, feed: Feed) -> None:
    feed.send("a")
    received(function, client, "data: a\n\n")
    wait_until(lambda: feed.reads == 2, "the thread waits for the second item")


def test_the_response_is_closed_although_its_source_is_not(serve: Serve, client: Client, feed: Feed) -> None:
    closed: list[str] = []

    class Stuck:
        def __aiter__(self) -> AsyncIterator[str]:
            return feed.pull_async()

        async def aclose(self) -> None:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
            await asyncio.sleep(5)

    def handle(_req: str) -> flask.Response:
        response = stream(Stuck(), on_end=lambda _record: closed.append("on_end"))
        response.call_on_close(lambda: closed.append("call_on_close"))
        return response

    function = serve(handle)
    received_one_item(function, client, feed)
    client.is_gone_now = True
    passes(function, lambda: len(closed) == 2, "the response is closed")
    assert closed == ["call_on_close", "on_end"]
    function.wait(6)


def test_on_end_runs_for_a_request_with_head(serve: Serve, client: Client) -> None:
    ended: list[int] = []
    function = serve(lambda _req: stream(["a"], on_end=lambda record: ended.append(record.status)))
    function.request(client, method="HEAD").join(TIMEOUT_S)
    assert ended == [200]


def test_on_end_may_use_the_same_http_client(serve: Serve, client: Client) -> None:
    titles: list[int] = []
    with Upstream(says("a title")) as upstream, http_client() as http:
        call = {"stream": True, "messages": [{"role": "user", "content": "hi"}]}

        def ask(_record: object = None) -> None:
            titles.append(http.post(upstream.url + "/chat/completions", json=call).status_code)

        def handle(_req: str) -> flask.Response:
            ask()
            return stream(["a"], on_end=ask)

        function = serve(handle)
        thread = function.request(client)
        received(function, client, "data: a\n\ndata: [DONE]\n\n")
        thread.join(TIMEOUT_S)
    assert titles == [200, 200]


def test_an_async_handler_that_swallows_its_cancellation_is_cancelled_until_it_ends(
    serve: Serve, client: Client
) -> None:
    swallowed: list[bool] = []
    begun = threading.Event()

    async def handle(_req: str) -> str:
        begun.set()
        while len(swallowed) < 5:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                swallowed.append(True)
        return "late"

    function = serve(handle)
    thread = function.request(client)
    assert begun.wait(TIMEOUT_S)
    client.is_gone_now = True
    passes(function, lambda: not thread.is_alive(), "the thread is free")


# ---------------------------------------------------------------------- memory


@pytest.mark.usefixtures("no_garbage_collection")
def test_an_answer_that_has_ended_keeps_no_text(serve: Serve, client: Client, feed: Feed) -> None:
    function = serve(lambda _req: stream(feed.pull(), on_end=lambda _record: None))
    feed.send("text", END)
    thread = function.request(client, **DOCUMENT)
    passes(function, lambda: not thread.is_alive(), "the answer has ended")
    assert not [held for held in gc.get_objects() if isinstance(held, Encoder)]

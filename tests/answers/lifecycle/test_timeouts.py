"""Timeouts, deadline and drain end an answer, even if its source or its thread does not end with it."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from faas_stream import stream
from tests.answers.client import Client
from tests.answers.lifecycle.feed import TIMEOUT_S, Feed
from tests.answers.lifecycle.function import Serve, frame, received, received_one_item, started
from tests.events import without_ids
from tests.platform.deadline import wait_until


def test_a_silent_upstream_ends_the_answer_though_heartbeats_flow(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    received_one_item(function, client, feed)
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


def test_a_pause_of_the_process_is_no_silence_of_upstream(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()), stream_timeout="250s")
    received_one_item(function, client, feed)
    function.pause(70)
    feed.send("b")
    received(function, client, "data: b\n\n")
    function.wait(58)
    function.pause(3)
    assert not client.is_ended
    function.wait(1)
    assert without_ids(client.received).endswith(frame("upstream_timeout"))
    feed.send("too late")


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


def test_the_deadline_counts_the_arrival_of_the_request_and_its_wait_for_a_thread(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    client.age_s = 95
    function = serve(lambda _req: stream(source()))
    received_one_item(function, client, feed)
    function.wait(10)
    assert without_ids(client.received).endswith(frame("deadline_exceeded"))
    feed.send("too late")


def test_a_drain_gives_open_answers_drain_timeout(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    received_one_item(function, client, feed)
    function.answers.drain()
    assert function.answers.is_draining
    function.wait(24)
    feed.send("b")
    received(function, client, "data: b\n\n")
    function.wait(2)
    assert without_ids(client.received).endswith(frame("shutting_down"))
    assert function.answers.is_idle
    feed.send("too late")


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

    def has_response() -> bool:
        function.wait(0.1)
        return bool(client.heads)

    wait_until(has_response, "there is a response")
    assert client.heads[0][0].startswith("500")
    function.wait(4)
    thread.join(TIMEOUT_S)
    assert not thread.is_alive()


def test_what_surrounds_a_source_that_cannot_be_closed_is_closed_all_the_same(serve: Serve, client: Client) -> None:
    is_over, is_exited = threading.Event(), threading.Event()

    def blocking() -> Iterator[str]:
        yield "a"
        is_over.wait(TIMEOUT_S)

    @contextmanager
    def around() -> Iterator[Iterator[str]]:
        try:
            yield blocking()
        finally:
            is_exited.set()

    function = serve(lambda _req: stream(around()))
    function.request(client)
    received(function, client, "data: a\n\n")
    client.is_gone_now = True
    function.wait(6)
    is_over.set()
    assert is_exited.wait(TIMEOUT_S)

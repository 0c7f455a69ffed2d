"""Clients that read slowly or not at all: how far their source is read ahead, and when they are disconnected."""

from collections.abc import Callable, Iterator
from typing import Any

from faas_stream import stream
from faas_stream.answers.output import ROOM_BYTES
from tests.answers.client import Client
from tests.answers.lifecycle.feed import END, Feed
from tests.answers.lifecycle.function import Function, Serve, frame, heartbeats, received, received_one_item, started
from tests.platform.deadline import wait_until


def test_a_stuck_client_is_disconnected(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    received_one_item(function, client, feed)
    client.unsent_bytes, client.stall_s = 5, 29
    function.wait(29)
    assert not client.is_broken_off
    client.stall_s = 31
    function.wait(1)
    assert client.is_broken_off
    assert heartbeats(client) == 0, "a client that still has bytes to take needs no heartbeat"
    assert [record.outcome for record in function.records] == ["write_stalled"]
    feed.send("too late")


def test_a_client_is_not_stuck_because_the_process_was_paused(serve: Serve, client: Client, feed: Feed) -> None:
    function = serve(lambda _req: stream(feed.pull()))
    received_one_item(function, client, feed)
    client.unsent_bytes, client.stall_s = 100_000, 31.0
    function.pause(31)
    client.unsent_bytes, client.stall_s = 0, 0.0  # its kernel takes everything as soon as the server goes on
    feed.send(END)
    received(function, client, "data: [DONE]\n\n")
    assert client.is_complete


def test_a_client_that_is_slow_but_reads_is_not(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    started(function, client, feed)
    client.unsent_bytes, client.stall_s = ROOM_BYTES + 1, 20
    for _ in range(3):
        function.wait(20)
        feed.send("a")
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


def test_a_failure_waits_until_a_slow_client_has_room(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    received_one_item(function, client, feed)
    client.unsent_bytes = ROOM_BYTES + 1
    feed.send(ValueError("a failure"))

    def has_raised() -> bool:
        function.wait(0.1)
        return feed.is_closed.is_set()

    wait_until(has_raised, "the source has raised")
    function.wait(20)
    assert not client.is_broken_off
    client.unsent_bytes = 0
    received(function, client, "data: a\n\n" + frame("internal_error"))
    assert client.is_complete


def _without_room_at_the_deadline(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any], *waiting: str
) -> Function:
    """A function whose client has received `a`, and has had no room for these items until just after the deadline."""
    function = serve(lambda _req: stream(source()), stream_timeout="30s")
    deadline = function.loop.now + 30
    received_one_item(function, client, feed)
    client.unsent_bytes = ROOM_BYTES + 1
    feed.send(*waiting)
    function.wait(deadline + 0.1 - function.loop.now)
    feed.send(END)
    return function


def test_an_error_frame_follows_the_items_that_waited_for_room(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = _without_room_at_the_deadline(serve, client, feed, source, "b")
    client.unsent_bytes = 0
    received(function, client, "data: a\n\ndata: b\n\n" + frame("deadline_exceeded"))
    assert client.is_complete


def test_an_answer_whose_error_frame_finds_no_room_is_not_complete(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = _without_room_at_the_deadline(serve, client, feed, source)
    assert not client.is_broken_off, "the error frame waits for room"
    client.unsent_bytes = 0  # at the same moment as the time for the error frame is over
    function.loop.now += 1
    function.settle()
    assert (client.is_ended, client.is_complete) == (True, False)
    assert "error" not in client.received

"""Clients that read slowly or not at all: how far their source is read ahead, and when they are disconnected."""

from collections.abc import Callable, Iterator
from typing import Any

from faas_stream import stream
from faas_stream.answers.output import ROOM_BYTES
from tests.answers.client import Client
from tests.answers.lifecycle.feed import END, Feed
from tests.answers.lifecycle.function import Serve, heartbeats, received, started
from tests.platform.deadline import wait_until


def test_a_stuck_client_is_disconnected(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a")
    started(function, client, feed)
    received(function, client, "data: a\n\n")
    client.unsent_bytes, client.stall_s = 5, 29
    function.wait(29)
    assert not client.is_broken_off
    client.stall_s = 31
    function.wait(1)
    assert client.is_broken_off
    assert heartbeats(client) == 0, "a client that still has bytes to take needs no heartbeat"
    assert [record.outcome for record in function.records] == ["write_stalled"]
    feed.send("too late")


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

"""Slow and stuck clients: each holds bounded memory, slows only itself, and is disconnected if it takes nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.client import DOCUMENT, END, SSE, Client, SlowClient, ask
from tests.faults.process import (
    KIB,
    connections,
    forget_peak_memory,
    memory,
    most_in_front,
    peak_memory,
    pid_of,
    port_of,
)
from tests.faults.stuck import stuck
from tests.fronts import DIRECT, serve
from tests.platform.deadline import wait_until
from tests.platform.running import Running

MIB = 1024 * KIB
SETTINGS = {"write_stall_timeout": "4s", "write_timeout": "60s", "heartbeat_interval": "200ms", "commit_after": "5s"}
USED = ["async_openai"]
STUCK = 20


def test_a_slow_client_is_served_whole(function: Running) -> None:
    kib = 8 * 1024
    with SlowClient(function, "/flood/sized", str(kib), window=64 * KIB) as client:
        client.until(END, pace=lambda: threading.Event().wait(0.02))
    record = client.record()
    assert (record["outcome"], record["events"]) == ("complete", kib)
    assert record["duration_s"] > 0.5  # the client was slow, not upstream


def test_stuck_clients_hold_little_and_slow_nobody(function: Running) -> None:
    pid = pid_of(function)
    whole = ask(function, "/flood/sized", "2048")
    forget_peak_memory(pid)
    before = memory(pid)
    with stuck(function, STUCK, ["/flood/endless", "/flood/relayed"], "100000") as (clients, most_in_kernel):
        assert ask(function, "/flood/sized", "2048") == whole
        for client in clients:
            record = client.record()
            assert record["outcome"] == "write_stalled", record
        assert (peak_memory(pid) - before) / STUCK + most_in_kernel < MIB
        assert ask(function, "/flood/sized", "2048") == whole


@pytest.mark.parametrize(("path", "items"), [("large", 3.0), ("large_async", 1.5), ("large_pieces", 1.5)])
def test_a_stuck_client_holds_one_large_item(function: Running, path: str, items: float) -> None:
    """Its frames, and what the allocator keeps of the item itself, which is freed."""
    path = f"/flood/{path}"
    pid, kib = pid_of(function), 2048
    with Client(function, path, str(kib)) as first:
        first.until(b"x" * 1024)
    first.record()
    forget_peak_memory(pid)
    before = memory(pid)
    with stuck(function, STUCK, [path], str(kib)) as (clients, most_in_kernel):
        for client in clients:
            record = client.record()
            assert record["outcome"] == "write_stalled", record
        held = (peak_memory(pid) - before) / STUCK + most_in_kernel
    assert held < (items * kib + 256) * KIB


@pytest.mark.parametrize(
    ("path", "body", "accept"),
    [
        ("/flood/endless", "", SSE),
        ("/flood/relayed", "100000", SSE),
        ("/short/large", str(most_in_front() // MIB + 4), "text/html"),
    ],
    ids=["items", "relayed frames", "a page"],
)
def test_the_connection_of_a_stuck_client_is_closed(function: Running, path: str, body: str, accept: str) -> None:
    port = port_of(function)
    wait_until(lambda: connections(port) == 0, "nobody else is connected")
    with stuck(function, 3, [path], body, accept) as (clients, _):
        for client in clients:
            record = client.record()
            assert record["outcome"] == "write_stalled", record
        wait_until(lambda: connections(port) == 0, "the function has closed the connections of stuck clients")


@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["an event", "a document"])
def test_one_large_item_to_a_stuck_client_closes_its_connection(folder: Path, accept: str) -> None:
    """Only without a watchdog, as below."""
    with serve(DIRECT, folder, SETTINGS) as running:
        ask(running, "/flood/sized", "1")
        with stuck(running, 3, ["/flood/at_once"], str(7 * KIB), accept) as (clients, _):
            for client in clients:
                record = client.record()
                assert record["outcome"] == "write_stalled", record
            wait_until(lambda: connections(running.port) == 0, "the connections are closed")


def test_a_client_stuck_with_little_unsent_is_disconnected_although_upstream_is_silent(folder: Path) -> None:
    """Only without a watchdog, whose own buffers would take all of it."""
    with (
        serve(DIRECT, folder, SETTINGS, heartbeat_interval="0") as running,
        SlowClient(running, "/flood/then_silence", "192") as client,
    ):
        record = client.record()
        assert record["outcome"] == "write_stalled", record
        wait_until(lambda: connections(running.port) == 0, "the connection is closed")


@contextmanager
def _slow_at_the_deadline(folder: Path, kib: int, accept: str) -> Iterator[SlowClient]:
    """A client that has so many KiB in one item to read, and 2 s. Only without a watchdog, as above."""
    patient = {"write_stall_timeout": "30s", "stream_timeout": "2s", "heartbeat_interval": "0"}
    with (
        serve(DIRECT, folder, SETTINGS | patient) as running,
        SlowClient(running, "/flood/at_once", str(kib), accept=accept) as client,
    ):
        yield client


@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["an event stream", "a document"])
def test_an_answer_whose_end_is_on_its_way_at_the_deadline_is_left_whole(folder: Path, accept: str) -> None:
    with _slow_at_the_deadline(folder, 144, accept) as client:
        assert client.record()["outcome"] == "deadline_exceeded"
        received = client.until(b"\r\n0\r\n\r\n")
    assert b"deadline" not in received
    assert received.endswith(END if accept == SSE else b"}\n\r\n0\r\n\r\n")


@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["an event", "a document"])
def test_an_item_that_is_cut_at_the_deadline_is_followed_by_nothing(folder: Path, accept: str) -> None:
    """A client would read an error frame as more of the item."""
    received = b""
    with _slow_at_the_deadline(folder, 7000, accept) as client:
        with suppress(ConnectionResetError):
            while piece := client.take(8192):
                received += piece
                threading.Event().wait(0.005)
        assert client.record()["outcome"] == "deadline_exceeded"
    assert b"deadline" not in received
    assert not received.endswith(b"\r\n0\r\n\r\n")

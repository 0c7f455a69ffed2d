"""1,000 open streams on one replica: each gets its first token while all are open, and each its end."""

import resource
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.reader import PAGE, SSE, TIMEOUT_S, Reader, ask
from tests.fronts import records
from tests.platform.deadline import wait_until
from tests.platform.running import Running

SETTINGS = {"max_streams": "1000", "write_timeout": "100s", "commit_after": "30s"}
STREAMS = 1000
REQUEST = f"POST /blocked/until_released HTTP/1.1\r\nHost: f\r\nAccept: {SSE}\r\nContent-Length: 2\r\n\r\nhi".encode()


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    """As many as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_streams_are_open_at_a_time(function: Running) -> None:
    with ExitStack() as stack:
        connections = []
        for _ in range(STREAMS):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", function.port), TIMEOUT_S))
            connection.sendall(REQUEST)
            connections.append(connection)
        assert _count(connections, b"data: first\n\n") == STREAMS
        with Reader(function, "/flood/sized", "1") as one_more:
            assert (one_more.status, one_more.code()) == (429, "at_capacity")
        ask(function, "/blocked/release", method="GET", accept=PAGE)
        assert _count(connections, b"data: [DONE]\n\n") == STREAMS
        wait_until(lambda: _complete(function) == STREAMS, "the log has each of them", 20)


def _complete(function: Running) -> int:
    return sum(record["outcome"] == "complete" and record["events"] == 2 for record in records(function))


def _count(connections: list[socket.socket], wanted: bytes) -> int:
    """How many of the connections bring what is wanted, in the time that any one of them may take."""
    poll = select.poll()
    waiting = {connection.fileno(): connection for connection in connections}
    seen = dict.fromkeys(waiting, b"")
    for number in waiting:
        poll.register(number, select.POLLIN)
    while waiting and (ready := poll.poll(TIMEOUT_S * 1000)):
        for number, _ in ready:
            piece = waiting[number].recv(65_536)
            seen[number] += piece
            if wanted in seen[number] or not piece:
                poll.unregister(number)
                del waiting[number]
    return sum(wanted in text for text in seen.values())

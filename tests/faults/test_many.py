"""1,000 open streams on one replica: each gets its first token while all are open, and then its end."""

import resource
import select
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.client import PAGE, SSE, TIMEOUT_S, Client, ask
from tests.fronts import records
from tests.platform.deadline import wait_until
from tests.platform.running import Running

SETTINGS = {"max_streams": "1000", "write_timeout": "100s", "commit_after": "30s"}
STREAMS = 1000
PATH = "/blocked/until_released?name=many"
# Without a body, whose answer a busy machine's proxy could cut (T17).
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: f\r\nAccept: {SSE}\r\n\r\n".encode()


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    """As many as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_streams_are_open_at_a_time(function: Running) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(_ask(function)) for _ in range(STREAMS)]
        assert _count(connections, b"data: first\n\n") == STREAMS
        with Client(function, PATH, "", method="GET") as one_more:
            assert (one_more.status, one_more.code()) == (429, "at_capacity")
        ask(function, "/blocked/release", "many", accept=PAGE)
        assert _count(connections, b"data: [DONE]\n\n") == STREAMS
        wait_until(lambda: _outcomes(function).total() > STREAMS, "the log has each of them")
    assert _outcomes(function) == Counter({"complete": STREAMS, "at_capacity": 1})


def _ask(function: Running) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", function.port), TIMEOUT_S)
    connection.sendall(REQUEST)
    return connection


def _outcomes(function: Running) -> Counter[str]:
    """How many answers have which outcome, without pages."""
    ended = [record for record in records(function) if record["events"] == 2 or record["outcome"] != "complete"]
    return Counter(record["outcome"] for record in ended)


def _count(connections: list[socket.socket], expected: bytes) -> int:
    """How many of the connections bring the expected bytes, in the time that any one of them may take."""
    poll = select.poll()
    waiting = {connection.fileno(): connection for connection in connections}
    received = dict.fromkeys(waiting, b"")
    for number in waiting:
        poll.register(number, select.POLLIN)
    while waiting and (ready := poll.poll(TIMEOUT_S * 1000)):
        for number, _ in ready:
            piece = waiting[number].recv(65_536)
            received[number] += piece
            if expected in received[number] or not piece:
                poll.unregister(number)
                del waiting[number]
    return sum(expected in text for text in received.values())

"""What becomes of a request's connections to upstream at its end. tests/faults has `http_client()` itself."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from faas_stream.http_client import Cancellation

TIMEOUT_S = 10


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: the request's side, and upstream's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        request = socket.create_connection(listener.getsockname(), timeout=TIMEOUT_S)
        upstream, _ = listener.accept()
    with closing(request), closing(upstream):
        yield request, upstream


def test_an_upstream_that_waits_to_send_more_learns_of_the_end(pair: tuple[socket.socket, socket.socket]) -> None:
    request, upstream = pair
    upstream.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            upstream.send(b"x" * 65_536)
    cancellation = Cancellation()
    cancellation.use(request)
    for _ in range(3):
        request.recv(65_536)
    cancellation.cancel()
    with suppress(ConnectionError):
        while request.recv(65_536):
            pass  # by a thread that was about to read
    request.close()
    upstream.settimeout(TIMEOUT_S)
    with pytest.raises(ConnectionError):
        upstream.sendall(b"x" * 65_536 * 1024)


def test_a_connection_that_a_garbage_collection_closes_during_the_cancellation_is_released(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    request, _ = pair
    cancellation = Cancellation()

    class Dropped(socket.socket):
        """Another connection of the request: an SDK's stream that the author has dropped closes it."""

        def setsockopt(self, *_: object) -> None:
            cancellation.release(request)

    with Dropped() as dropped:
        cancellation.use(dropped)
        cancellation.use(request)
        cancellation.cancel()
    with pytest.raises(ConnectionAbortedError):
        cancellation.check()

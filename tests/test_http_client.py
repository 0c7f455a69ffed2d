"""What becomes of a request's connections to upstream at its end. tests/faults has `http_client()` itself."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import httpx2
import pytest

from faas_stream import http_client
from faas_stream.http_client import CANCELLATION, Cancellation
from tests.faults.scripts import first, last, play, wait_for
from tests.upstream import Upstream, says

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


CALL = {"stream": True, "messages": [{"role": "user", "content": "hi"}]}


def test_a_connection_that_another_thread_gives_back_is_no_longer_the_requests() -> None:
    may_end = threading.Event()
    with Upstream(says("first")) as upstream, http_client() as http:
        ended, running = Cancellation(), Cancellation()
        CANCELLATION.set(ended)
        response = http.send(http.build_request("POST", upstream.url + "/chat/completions", json=CALL), stream=True)
        reader = threading.Thread(target=response.read)  # to its end, as an author's own thread may
        reader.start()
        reader.join(TIMEOUT_S)
        upstream.script = play(first, wait_for(may_end), last)
        CANCELLATION.set(running)
        with http.stream("POST", upstream.url + "/chat/completions", json=CALL) as second:
            assert upstream.calls[0].client == upstream.calls[1].client
            ended.cancel()
            may_end.set()
            assert second.read().endswith(b"data: [DONE]\n\n")
    CANCELLATION.set(None)


def test_a_response_that_another_request_reads_is_that_requests() -> None:
    may_end = threading.Event()
    with Upstream(play(first, wait_for(may_end), last)) as upstream, http_client() as http:
        opener, reader = Cancellation(), Cancellation()
        CANCELLATION.set(opener)
        with http.stream("POST", upstream.url + "/chat/completions", json=CALL) as response:
            CANCELLATION.set(reader)
            pieces = response.iter_raw()
            next(pieces)
            may_end.set()
            next(pieces)  # from the connection
            opener.cancel()
            assert b"".join(pieces).endswith(b"data: [DONE]\n\n")
    CANCELLATION.set(None)


def test_limits_are_those_of_the_pool() -> None:
    limits = httpx2.Limits(max_connections=1)
    with (
        Upstream(says("a")) as upstream,
        http_client(limits=limits, timeout=0.5) as http,
        http.stream("POST", upstream.url + "/chat/completions", json=CALL),
        pytest.raises(httpx2.PoolTimeout),
    ):
        http.post(upstream.url + "/chat/completions", json=CALL)


@pytest.mark.parametrize("name", ["transport", "mounts", "proxy", "http2"])
def test_an_option_that_would_replace_the_connections_is_an_error(name: str) -> None:
    with pytest.raises(TypeError, match=f"http_client\\(\\) takes no {name}"):
        http_client(**{name: None})

"""A thread that waits on a socket is woken, and its socket broken; one that waits for anything else is left alone."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from httpcore._backends.sync import SyncBackend
from openai import OpenAI

from faas_stream.interrupt import Interrupted, interrupt
from tests.platform.deadline import wait_until
from tests.upstream import Call, Upstream


class Worker:
    """A thread at some work, and how it ended."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.ended_by: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.ended_by = error

    def interrupt(self) -> None:
        """Tries until the thread was found waiting on a socket, and then until it has ended."""
        assert self._thread.ident is not None
        wait_until(lambda: interrupt(self._thread.ident or 0), "the thread waits on a socket")
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname()) as near, server.accept()[0] as far:
        yield near, far


def test_a_read_of_httpcore_is_interrupted_and_the_peer_sees_the_end() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    stream = SyncBackend().connect_tcp(*server.getsockname())
    with server, server.accept()[0] as far:
        worker = Worker(lambda: stream.read(100))
        worker.interrupt()
        assert isinstance(worker.ended_by, Interrupted)
        far.settimeout(10)
        assert far.recv(1) == b""
        stream.close()


def test_a_read_of_the_standard_library_is_interrupted(pair: tuple[socket.socket, socket.socket]) -> None:
    with pair[0].makefile("rb") as file:
        worker = Worker(file.readline)
        worker.interrupt()
    assert isinstance(worker.ended_by, Interrupted)


def test_an_sdk_that_is_interrupted_does_not_ask_again() -> None:
    with Upstream(Call.wait_until_left) as upstream:
        with OpenAI(api_key="k", base_url=upstream.url, max_retries=2) as client:
            worker = Worker(lambda: client.models.list())
            call = upstream.wait_for_call()
            worker.interrupt()
        assert call.left.wait(10)
        assert isinstance(worker.ended_by, Interrupted)
        assert len(upstream.calls) == 1


def test_a_thread_that_waits_for_something_else_is_left_alone() -> None:
    release = threading.Event()
    worker = Worker(lambda: release.wait(10))
    assert worker._thread.ident is not None
    assert not interrupt(worker._thread.ident)
    release.set()
    worker._thread.join(10)
    assert worker.ended_by is None


def test_a_thread_that_sleeps_is_interrupted_when_it_wakes() -> None:
    def pause() -> None:
        time.sleep(0.3)  # as SDKs do before they ask again

    worker = Worker(pause)
    worker.interrupt()
    assert isinstance(worker.ended_by, Interrupted)


def test_a_thread_that_has_ended_is_no_harm() -> None:
    worker = Worker(lambda: None)
    worker._thread.join()
    assert not interrupt(worker._thread.ident or 0)

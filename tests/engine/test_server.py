"""The server's threads: how many there are, and when they start."""

import threading
from collections.abc import Iterator

import pytest

from faas_stream.engine import server as servers
from faas_stream.engine import waitress_seam
from faas_stream.engine.server import MORE_THREADS, Server
from faas_stream.settings import Settings
from faas_stream.thread_limit import SPARE_THREADS
from tests.platform.deadline import wait_until
from tests.platform.ports import is_open

FIRST = 70
STREAMS = FIRST + MORE_THREADS + 1


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(servers, "FIRST_THREADS", FIRST)
    stack_bytes = threading.stack_size()
    server = Server(
        lambda _environ, _start: [], Settings({"upstream_url": "http://127.0.0.1:0", "max_streams": str(STREAMS)})
    )
    threading.stack_size(stack_bytes)
    threading.Thread(target=server.run, daemon=True).start()
    yield server
    server.stop_accepting()
    wait_until(lambda: not is_open(server.port), "the server accepts no more")


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of threads that the server asks waitress for; none is started."""
    counts: list[int] = []
    monkeypatch.setattr(waitress_seam, "set_threads", lambda _server, count: counts.append(count))
    return counts


def test_threads_start_while_few_are_idle_until_each_stream_has_one(
    server: Server, asked_for: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waitress_seam, "idle_threads", lambda _server: MORE_THREADS - 1)
    for _ in range(9):
        server.start_more_threads()
    assert asked_for == [*(FIRST + times * MORE_THREADS for times in (1, 2, 3)), STREAMS + SPARE_THREADS]


def test_no_thread_starts_while_enough_are_idle(
    server: Server, asked_for: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waitress_seam, "idle_threads", lambda _server: MORE_THREADS)
    server.start_more_threads()
    assert asked_for == []


def test_a_limit_on_threads_is_reported_once_and_ends_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_server: object, _count: int) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(waitress_seam, "set_threads", refuse)
    monkeypatch.setattr(waitress_seam, "idle_threads", lambda _server: 0)
    for _ in range(9):
        server.start_more_threads()
    assert capsys.readouterr().out == (
        f"{FIRST} of {STREAMS + SPARE_THREADS} threads have started, and no more can (can't start new thread): "
        f"further requests wait. Set max_streams to {FIRST - SPARE_THREADS}, or raise the limit on processes\n"
    )

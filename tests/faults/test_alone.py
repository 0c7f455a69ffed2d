"""SIGTERM without a watchdog: the server stops accepting, drains, and exits with 0."""

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.faults.client import DOCUMENT, PAGE, Client, SlowClient, ask, clients_of
from tests.faults.gate import Gate
from tests.faults.kinds import KINDS
from tests.faults.scripts import first, last, play
from tests.fronts import DIRECT, serve
from tests.platform.deadline import wait_until
from tests.platform.ports import is_open
from tests.platform.running import Running
from tests.upstream import Upstream

STOPS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


alone = partial(serve, DIRECT)


def stop(running: Running, number: int = signal.SIGTERM) -> None:
    """Returns once the server accepts no more."""
    running.signal(number)
    wait_until(lambda: not is_open(running.port), "the port is closed", 10)


@STOPS
def test_without_an_open_stream_the_end_is_at_once(folder: Path, number: signal.Signals) -> None:
    with alone(folder) as running:
        running.signal(number)
        assert running.wait() == 0


def test_no_new_request_is_accepted_and_open_streams_run_to_their_end(folder: Path, server: Upstream) -> None:
    with alone(folder, openai_base_url=server.url) as running:
        server.calls.clear()
        server.script = play(first, lambda call: call.disconnected.wait(1), last)
        with clients_of(running, KINDS) as clients:
            for client in clients.values():
                client.until(b"data: first\n\n")
            stop(running)
            for case, client in clients.items():
                assert client.read_all().endswith(b"data: last\n\ndata: [DONE]\n\n"), case
        assert running.wait() == 0
        outcomes = [client.record()["outcome"] for client in clients.values()]
    assert outcomes == ["complete"] * len(KINDS)


def test_what_is_open_after_drain_timeout_ends_in_an_error_frame(folder: Path, tmp_path: Path) -> None:
    gates = [Gate(tmp_path, name) for name in ("handler", "source", "document")]
    with (
        alone(folder, drain_timeout="1s", commit_after="100ms") as running,
        Client(running, "/blocked/handler", str(gates[0].path)) as handler,
        Client(running, "/blocked/source", str(gates[1].path)) as source,
        Client(running, "/blocked/handler", str(gates[2].path), accept=DOCUMENT) as document,
    ):
        for gate in gates:
            gate.wait_until_reached()
        stop(running)
        for client in (handler, source):
            assert (client.status, client.code()) == (200, "shutting_down")
        assert (document.status, document.code()) == (503, "shutting_down")
        assert running.wait() == 0
        assert {client.record()["outcome"] for client in (handler, source, document)} == {"shutting_down"}


def test_a_client_too_slow_for_drain_timeout_is_disconnected(folder: Path) -> None:
    with alone(folder, drain_timeout="1s") as running, SlowClient(running, "/flood/endless") as client:
        client.take(100)
        stop(running)
        client.take_slowly_until(lambda: running.process.poll() is not None, "the function ends")
        assert running.wait() == 0
        assert client.record()["outcome"] == "shutting_down"


def test_an_answer_is_sent_to_its_last_byte_before_the_end(folder: Path) -> None:
    kib = 8 * 1024
    with alone(folder) as running, SlowClient(running, "/flood/at_once", str(kib), accept=DOCUMENT) as client:
        head = client.take(100)
        stop(running)
        body = head + b"".join(iter(lambda: client.take(1 << 20), b""))
        assert body.count(b"x") >= kib * 1024  # in several chunks of the transfer
        assert body.endswith(b"\r\n0\r\n\r\n")
        assert running.wait() == 0
        assert client.record()["outcome"] == "complete"


@STOPS
def test_a_second_signal_ends_at_once(folder: Path, tmp_path: Path, number: signal.Signals) -> None:
    gate = Gate(tmp_path)
    with alone(folder) as running, Client(running, "/blocked/source", str(gate.path)) as client:
        client.until(b"data: first\n\n")
        gate.wait_until_reached()
        stop(running)
        running.signal(number)
        assert running.wait() != 0


def test_a_thread_of_the_handlers_own_does_not_keep_the_process(folder: Path, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with alone(folder) as running:
        ask(running, "/blocked/in_own_thread", str(gate.path), method="GET", accept=PAGE)
        gate.wait_until_reached()
        running.terminate()
        assert running.wait() == 0


def test_a_process_that_the_handler_forks_can_be_terminated_and_the_function_goes_on(folder: Path) -> None:
    with alone(folder) as running:
        for _ in range(2):
            assert ask(running, "/short/forked", method="GET", accept=PAGE) == str(-signal.SIGTERM).encode()
        running.terminate()
        assert running.wait() == 0

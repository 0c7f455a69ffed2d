"""SIGTERM behind the watchdog: streams run to their end, new requests are served meanwhile, and no process remains."""

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.client import DOCUMENT, PAGE, Client, ask, clients_of
from tests.faults.gate import Gate
from tests.faults.kinds import KINDS, STREAMED
from tests.faults.process import pid_of, wait_until_gone
from tests.faults.scripts import first, last, play, silence, wait_for
from tests.fronts import serve
from tests.platform.deadline import wait_until
from tests.platform.watchdogs import Watchdog
from tests.upstream import Upstream

SLOW = {"healthcheck_interval": "6s", "write_timeout": "60s", "commit_after": "200ms", "heartbeat_interval": "200ms"}
QUICK = {**SLOW, "healthcheck_interval": "100ms"}


def test_open_streams_run_to_their_end_and_new_calls_are_served_meanwhile(
    watchdog: Watchdog, folder: Path, server: Upstream
) -> None:
    released = threading.Event()
    server.script = play(first, wait_for(released), last)
    with serve(watchdog, folder, SLOW, openai_base_url=server.url) as running:
        with clients_of(running, KINDS) as clients:
            for client in clients.values():
                client.until(b"data: first\n\n")
            running.terminate()
            wait_until(lambda: not running.lock_file.exists(), "the watchdog drains")
            assert ask(running, "/flood/sized", "1").endswith(b"data: [DONE]\n\n")
            assert ask(running, "/flood/sized", "1", accept=DOCUMENT).endswith(b"}\n")
            assert running.process.poll() is None
            released.set()
            for case, client in clients.items():
                assert client.read_all().endswith(b"data: last\n\ndata: [DONE]\n\n"), case
                assert client.record()["outcome"] == "complete", case
        assert running.wait(20) == 0
        wait_until_gone(running)


def test_what_is_open_after_drain_timeout_ends_in_an_error_frame(
    watchdog: Watchdog, folder: Path, server: Upstream, tmp_path: Path
) -> None:
    server.calls.clear()
    server.script = silence
    gate = Gate(tmp_path)
    with serve(watchdog, folder, QUICK, openai_base_url=server.url, drain_timeout="1s") as running:
        with (
            clients_of(running, KINDS) as clients,
            clients_of(running, STREAMED, accept=DOCUMENT) as documents,
            Client(running, "/blocked/handler", str(gate.path)) as blocked,
        ):
            server.wait_for_call(len(clients) + len(documents))
            gate.wait_until_reached()
            running.terminate()
            for case, client in {**clients, ("a handler", "blocked"): blocked}.items():
                assert (client.code(), client.record()["outcome"]) == ("shutting_down", "shutting_down"), case
            for case, client in documents.items():
                assert (client.status, client.code()) == (503, "shutting_down"), case
        assert all(call.disconnected.wait(5) for call in server.calls)
        assert running.wait(20) == 0
        wait_until_gone(running)


def test_a_stop_that_reaches_every_process_is_one_stop(watchdog: Watchdog, folder: Path, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with (
        serve(watchdog, folder, QUICK) as running,
        Client(running, "/blocked/source", str(gate.path)) as client,
    ):
        client.until(b"data: first\n\n")
        os.killpg(running.process.pid, signal.SIGTERM)
        wait_until(lambda: not running.lock_file.exists(), "the watchdog drains")
        gate.open()
        assert client.read_all().endswith(b"data: second\n\ndata: [DONE]\n\n")
        assert running.wait(20) == 0
        wait_until_gone(running)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_of_its_own_ends_the_function_at_once(
    watchdog: Watchdog, folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    gate = Gate(tmp_path)
    with serve(watchdog, folder, QUICK) as running, Client(running, "/blocked/source", str(gate.path)) as client:
        client.until(b"data: first\n\n")
        pid = pid_of(running)

        def ends() -> bool:
            if running.process.poll() is None and pid in running.processes():
                with suppress(ProcessLookupError):  # it may have ended since
                    os.kill(pid, number)
            return running.process.poll() is not None

        wait_until(ends, "the function has ended, and so the watchdog", 20)
        assert running.wait() == 1


@pytest.mark.parametrize("state", ["idle", "streaming"])
def test_a_watchdog_that_is_killed_leaves_no_process(
    watchdog: Watchdog, folder: Path, tmp_path: Path, state: str
) -> None:
    gates = [Gate(tmp_path, name) for name in ("blocked", "streaming")]
    with serve(watchdog, folder, QUICK) as running:
        ask(running, "/short/ready", method="GET", accept=PAGE)
        clients = []
        if state == "streaming":
            clients = [
                Client(running, path, str(gate.path))
                for path, gate in zip(("/blocked/handler", "/blocked/source"), gates, strict=True)
            ]
            for gate in gates:
                gate.wait_until_reached()
        running.signal(signal.SIGKILL)
        running.process.wait(10)
        wait_until_gone(running)
        for client in clients:
            client.disconnect()

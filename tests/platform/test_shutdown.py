"""T8 and T9: what SIGTERM does to the process, to clients and to the watchdog."""

import subprocess
from http.client import IncompleteRead

import pytest

from tests.platform.caller import STREAM, Caller
from tests.platform.deadline import wait_until
from tests.platform.ports import is_open
from tests.platform.processes import child
from tests.platform.running import Running
from tests.platform.upstream import Upstream, closed_port
from tests.platform.watchdogs import Watchdog


def test_a_process_that_dies_of_sigterm_cuts_its_streams_and_the_wait(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask(headers=STREAM) as caller:
        call = upstream.accept()
        call.start()
        call.send(b"data: 1\n\n")
        response = caller.response()
        assert response.read1() == b"data: 1\n\n"
        running.terminate()
        assert running.wait() == 1
        with pytest.raises(IncompleteRead):
            response.read()


def test_a_process_that_ends_well_leaves_callers_with_nothing_for_the_wait(watchdog: Watchdog) -> None:
    with (
        closed_port() as nobody,
        watchdog.start(
            **child("exit_on_term"), env={"upstream_url": nobody, "healthcheck_interval": "700ms"}
        ) as running,
    ):
        running.wait_for_line("exit_on_term is ready")
        running.terminate()
        wait_until(lambda: running.processes() == {running.process.pid}, "the process has ended")
        for headers, status in ((STREAM, 200), ((), 500)):
            with Caller(running.port).ask(headers=headers) as caller:
                response = caller.response()
                assert (response.status, response.read()) == (status, b"")
        assert running.wait() == 0


def test_a_process_that_ignores_sigterm_lets_the_watchdog_drain(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "healthcheck_interval": "500ms"}
    with watchdog.start(**child("ignore_term"), env=env, until="healthy") as running:
        running.wait_for_line("ignore_term is ready")
        with Caller(running.port).ask(headers=STREAM) as old, Caller(running.port) as new:
            call = upstream.accept()
            call.start()
            running.terminate()
            wait_until(lambda: not running.lock_file.exists(), "the lock file is removed")
            assert _status(running, "/_/health") == 503
            assert _status(running, "/_/ready") == 503
            new.ask()
            upstream.accept().answer(b"served during the wait")
            assert new.response().read() == b"served during the wait"
            wait_until(lambda: not is_open(running.port), "new callers are refused")
            call.send(b"data: 1\n\n")
            response = old.response()
            assert response.read1() == b"data: 1\n\n"
            assert running.process.poll() is None
            call.end()
            assert response.read() == b""
            assert running.wait(2) == 0


def test_a_silent_stream_is_waited_for_no_longer_than_write_timeout(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "healthcheck_interval": "10ms", "write_timeout": "500ms"}
    with watchdog.start(**child("ignore_term"), env=env) as running:
        running.wait_for_line("ignore_term is ready")
        with Caller(running.port).ask(headers=STREAM) as caller:
            upstream.accept().start()
            response = caller.response()
            running.terminate()
            with pytest.raises(subprocess.TimeoutExpired):
                running.process.wait(0.3)
            assert running.wait(2) == 0
            with pytest.raises(IncompleteRead):
                response.read()


def test_sigterm_is_handed_on_once(watchdog: Watchdog) -> None:
    with watchdog.start(**child("count_terms"), env={"healthcheck_interval": "300ms"}) as running:
        running.wait_for_line("count_terms is ready")
        running.terminate()
        running.wait_for_line("SIGTERM number 1")
        running.terminate()
        assert running.wait() == 0
        assert not [line for line in running.output() if "SIGTERM number 2" in line]


def test_the_wait_is_write_timeout_where_healthcheck_interval_is_unset(watchdog: Watchdog) -> None:
    with watchdog.start(**child("ignore_term"), env={"write_timeout": "600ms"}) as running:
        running.wait_for_line("ignore_term is ready")
        running.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(0.4)
        assert is_open(running.port)
        assert running.wait() == 0


def test_the_wait_never_ends_where_healthcheck_interval_is_0(watchdog: Watchdog) -> None:
    env = {"write_timeout": "100ms", "healthcheck_interval": "0"}
    with watchdog.start(**child("ignore_term"), env=env) as running:
        running.wait_for_line("ignore_term is ready")
        running.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(0.7)
        assert is_open(running.port)


def _status(running: Running, target: str) -> int:
    with Caller(running.port).ask(target) as caller:
        return caller.response().status

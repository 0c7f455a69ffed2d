"""T11: what `/_/health` and `/_/ready` know, and what they do not."""

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.deadline import wait_until
from tests.platform.processes import PLACEHOLDER, child
from tests.platform.running import Running
from tests.platform.upstream import Upstream, closed_port
from tests.platform.watchdogs import Watchdog


def ask(running: Running, target: str, headers: Headers = (), method: str = "GET") -> tuple[int, bytes]:
    with Caller(running.port).ask(target, headers, method=method) as caller:
        response = caller.response()
        return response.status, response.read()


def test_a_watchdog_is_healthy_and_ready_although_nobody_listens_behind_it(watchdog: Watchdog) -> None:
    with watchdog.start(PLACEHOLDER, until="healthy") as running:
        assert running.lock_file.exists()
        assert ask(running, "/_/health") == (200, b"OK")
        assert ask(running, "/_/ready") == (200, b"")


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_only_get_is_answered(watchdog: Watchdog, method: str) -> None:
    with watchdog.start(PLACEHOLDER, until="healthy") as running:
        assert ask(running, "/_/health", method=method) == (405, b"")
        assert ask(running, "/_/ready", method=method) == (405, b"")


def test_without_the_lock_file_it_is_neither(watchdog: Watchdog) -> None:
    with watchdog.start(PLACEHOLDER, until="healthy") as running:
        running.lock_file.unlink()
        assert ask(running, "/_/health") == (503, b"")
        assert ask(running, "/_/ready") == (503, b"")


@pytest.mark.parametrize("value", ["true", "1"])
def test_with_suppress_lock_health_waits_for_the_lock_file_of_the_function(watchdog: Watchdog, value: str) -> None:
    with watchdog.start(**child("ignore_term"), env={"suppress_lock": value}) as running:
        running.wait_for_line("ignore_term is ready")
        assert not running.lock_file.exists()
        assert ask(running, "/_/health") == (503, b"")
        running.lock_file.touch()
        assert ask(running, "/_/health") == (200, b"OK")
        running.terminate()
        wait_until(lambda: not running.lock_file.exists(), "SIGTERM removes the lock file")
        assert ask(running, "/_/health") == (503, b"")


@pytest.mark.parametrize("value", ["TRUE", "yes", "on", ""])
def test_what_is_not_true_or_1_is_false(watchdog: Watchdog, value: str) -> None:
    with watchdog.start(PLACEHOLDER, env={"suppress_lock": value}, until="healthy") as running:
        assert running.lock_file.exists()


@pytest.mark.parametrize("status", ["200 OK", "503 Starting"])
def test_with_ready_path_the_function_is_asked(watchdog: Watchdog, upstream: Upstream, status: str) -> None:
    env = {"upstream_url": upstream.url, "ready_path": "/is/ready"}
    with (
        watchdog.start(PLACEHOLDER, env=env, until="healthy") as running,
        Caller(running.port).ask("/_/ready", (("X-Probe", "1"),)) as caller,
    ):
        call = upstream.accept()
        assert (call.method, call.target, call.headers["X-Probe"]) == ("GET", "/is/ready", "1")
        call.answer(b"says the function", status)
        response = caller.response()
        assert (response.status, response.read()) == (int(status[:3]), b"says the function")


@pytest.mark.parametrize(("headers", "expected"), [((), 500), (STREAM, 200)], ids=["plain", "stream"])
def test_with_ready_path_a_function_that_is_down_depends_on_accept(
    watchdog: Watchdog, headers: Headers, expected: int
) -> None:
    with (
        closed_port() as nobody,
        watchdog.start(PLACEHOLDER, env={"upstream_url": nobody, "ready_path": "/"}, until="healthy") as running,
    ):
        assert ask(running, "/_/ready", headers) == (expected, b"")

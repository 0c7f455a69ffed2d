"""The start: the port opens before the handler's imports, and early requests wait for the handler."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from faas_stream.engine.server import FIRST_THREADS
from tests.faults.client import BEAT, DOCUMENT, PAGE, Client, SlowClient
from tests.faults.late import FAST, Late
from tests.faults.process import wait_until_gone
from tests.fronts import DIRECT, TEMPLATE, Front, lay_out, serve
from tests.platform.deadline import wait_until
from tests.platform.ports import free_port, is_open
from tests.platform.watchdogs import Watchdog


def test_early_requests_are_answered_by_the_handler_once_it_is_loaded(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path)
    with (
        late.importing(front) as running,
        Client(running, body="early") as client,
        Client(running, body="early", accept=DOCUMENT) as document,
        Client(running, method="HEAD") as head,
    ):
        client.until(BEAT * 3)
        late.gate.open()
        assert client.read_all().endswith(b"data: early\n\ndata: [DONE]\n\n")
        assert (document.status, b'"text": "early"' in document.read_all()) == (200, True)
        assert head.status == 200
        assert [client.record()["outcome"], document.record()["outcome"]] == ["complete"] * 2


def test_many_early_requests_wait_at_a_time(tmp_path: Path) -> None:
    late = Late(tmp_path)
    with late.importing(DIRECT) as running, ExitStack() as clients:
        for client in [clients.enter_context(Client(running)) for _ in range(FIRST_THREADS + 1)]:
            client.until(BEAT)


def test_limits_apply_to_requests_that_wait_for_the_handler(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path)
    with late.importing(front, stream_timeout="1s", max_streams="3") as running:
        clients = [Client(running), Client(running, accept=DOCUMENT)]
        leaving = Client(running)
        leaving.until(BEAT)
        with Client(running) as refused:
            assert (refused.status, refused.code()) == (429, "at_capacity")
        leaving.disconnect()
        assert leaving.record()["outcome"] == "client_disconnected"
        for client, status in zip(clients, (200, 504), strict=True):
            with client:
                assert (client.status, client.code()) == (status, "deadline_exceeded")
                assert client.record()["outcome"] == "deadline_exceeded"


def test_a_public_request_while_the_handler_is_imported_is_answered_as_any_other(tmp_path: Path) -> None:
    late = Late(tmp_path, end="def is_public(request):\n    return True\n")
    secrets = late.folder / ".secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "tokens").write_text("a-token-of-sixteen-characters")
    with (
        late.importing(DIRECT, auth_secret="tokens") as running,
        Client(running, headers=(("Last-Event-ID", "0123456789abcdef" * 2 + ".3"),)) as again,
        Client(running, body="new") as new,
        Client(running, body='{"prompt": "whole", "stream": false}', content_type="application/json") as whole,
    ):
        assert whole.hears_nothing(0.3)  # all three wait for the handler
        late.gate.open()
        assert (new.status, new.read_all()[:9]) == (200, b"data: new")
        assert whole.response.headers["Content-Type"] == "application/json"
        assert (again.status, again.read_all()) == (204, b"")


def test_the_lock_file_is_there_when_the_port_is_open_and_not_before(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path)
    with serve(front, late.folder, until="spawned") as running:
        port = int(running.upstream_url.rpartition(":")[2])
        wait_until(running.lock_file.exists, "the lock file is there", 20)
        assert is_open(port)
        late.gate.wait_until_reached()
        if isinstance(front, Watchdog):
            running.wait_until_healthy()


def test_the_lock_file_is_the_watchdogs_unless_suppress_lock_is_set(tmp_path: Path) -> None:
    with serve(
        DIRECT, lay_out(tmp_path / "fn", "def handle(req):\n    return req\n"), suppress_lock="false"
    ) as running:
        with Client(running, method="GET", accept=PAGE) as client:
            assert client.status == 200
        assert not running.lock_file.exists()


BROKEN = {
    "raises": ("raise RuntimeError('no model')", "RuntimeError: no model"),
    "leaves": ("import sys; sys.exit(0)", "SystemExit"),
    "lacks a package": ("import no_such_package", "No module named 'no_such_package'"),
    "has a secret missing": ("from faas_stream import secret; secret('no-such')", "faas-cli secret create no-such"),
    "is not Python": ("def (", "SyntaxError"),
    "has no handle": ("", "handle"),
}


@pytest.mark.parametrize(("source", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_handler_that_cannot_be_imported_ends_the_process_with_its_traceback(
    tmp_path: Path, source: str, reason: str
) -> None:
    with serve(DIRECT, lay_out(tmp_path / "fn", source), until="spawned") as running:
        assert running.wait(20) == 1
        assert any("Traceback" in line for line in running.output("stderr"))
        assert any(reason in line for line in running.output("stderr"))


def test_a_handler_that_cannot_be_imported_ends_every_request_and_the_process_at_once(
    front: Front, tmp_path: Path
) -> None:
    late = Late(tmp_path, "raise RuntimeError('no model')")
    with (
        late.importing(front) as running,
        Client(running) as client,
        Client(running, accept=DOCUMENT) as document,
        ThreadPoolExecutor() as pool,
    ):
        client.until(BEAT)
        statuses = pool.submit(_ask_until_nobody_listens, running.port)
        began = time.monotonic()
        late.gate.open()
        assert (client.status, client.code()) == (200, "internal_error")
        assert (document.status, document.code()) == (500, "internal_error")
        assert running.wait(20) == 1
        assert time.monotonic() - began < 3  # the promise is one second
        assert {client.record()["outcome"], document.record()["outcome"]} == {"internal_error"}
        wait_until_gone(running)
        assert set(statuses.result()) <= {500}


def _ask_until_nobody_listens(port: int) -> list[int]:
    """The status of each answer to requests before and during the failure, until the port is closed."""
    statuses = []
    with suppress(httpx.ConnectError):
        while True:
            with suppress(httpx.ReadError, httpx.RemoteProtocolError):  # connected, but never accepted
                statuses.append(httpx.post(f"http://127.0.0.1:{port}", content="hi", timeout=20).status_code)
    return statuses


def test_a_watchdog_that_is_killed_leaves_no_process_that_still_imports(watchdog: Watchdog, tmp_path: Path) -> None:
    with Late(tmp_path).importing(watchdog) as running:
        running.signal(signal.SIGKILL)
        running.process.wait(10)
        wait_until_gone(running)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_an_import(tmp_path: Path, number: signal.Signals) -> None:
    with Late(tmp_path).importing(DIRECT) as running:
        running.signal(number)
        wait_until(lambda: not is_open(running.port), "the port is closed")
        running.signal(number)
        assert running.wait() != 0


def test_a_free_threaded_python_is_refused() -> None:
    program = (
        "import sysconfig; sysconfig.get_config_var = lambda name: int(name == 'Py_GIL_DISABLED'); "
        "from faas_stream.engine.process import main; main()"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=TEMPLATE, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "is a free-threaded build" in ended.stderr


def test_a_port_that_is_taken_ends_the_process_with_one_line(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "fn", "def handle(req):\n    return req\n")
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        address = f"http://127.0.0.1:{port}"
        with serve(DIRECT, folder, until="spawned", upstream_url=address) as running:
            assert running.wait() == 1
            (line,) = running.output()
            assert f"127.0.0.1:{port}" in line
            assert "upstream_url" in line


def test_a_name_with_two_addresses_changes_nothing(folder: Path) -> None:
    """upstream_url may name localhost on a machine where localhost has an IPv6 address too."""
    port = free_port()
    env = {
        "upstream_url": f"http://localhost:{port}", "PYTHONPATH": str(Path(__file__).parent / "dual_stack"),
        "drain_timeout": "1s",
    }  # fmt: skip
    with serve(DIRECT, folder, FAST | env, until="spawned") as running:
        wait_until(lambda: is_open(port), "the port is open", 20)
        running.port = port
        with Client(running, "/flood/sized", "2") as client:
            assert client.read_all().endswith(b"data: [DONE]\n\n")
        with Client(running, "/blocked/until_released", "dual-stack") as leaving:
            leaving.until(b"data: first\n\n" + BEAT)
        assert leaving.record()["outcome"] == "client_disconnected"
        with SlowClient(running, "/flood/endless") as stuck:
            stuck.take(100)
            running.terminate()
            assert running.wait(20) == 0

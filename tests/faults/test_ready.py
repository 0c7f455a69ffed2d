"""Ready: `GET /-/ready` is 503 until the handler is loaded and while draining, and 200 between."""

from pathlib import Path

import httpx
import pytest

from tests.faults.client import Client
from tests.faults.gate import Gate
from tests.faults.late import Late
from tests.fronts import DIRECT, Front, serve
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.platform.watchdogs import Watchdog

DRAINING = {"healthcheck_interval": "30s", "write_timeout": "60s", "ready_path": "/-/ready"}


def ready(running: Running, path: str = "/-/ready", port: int | None = None) -> int:
    return httpx.get(f"http://127.0.0.1:{port or running.port}{path}", timeout=60).status_code


def own_port(running: Running) -> int:
    return int(running.upstream_url.rpartition(":")[2])


def test_it_is_ready_once_the_handler_is_loaded_and_needs_no_token(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path)
    (late.folder / ".secrets" / "callers").write_text("a-token\n")
    with late.importing(front, auth_secret="callers") as running:
        assert ready(running) == 503
        late.gate.open()
        wait_until(lambda: ready(running) == 200, "it is ready")
        assert httpx.post(running.url, content="hi", headers={"Accept": "text/event-stream"}).status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_it_answers_any_accept_and_has_no_log_line(tmp_path: Path, method: str) -> None:
    late = Late(tmp_path)
    with late.importing(DIRECT) as running:
        late.gate.open()
        wait_until(lambda: ready(running) == 200, "it is ready")
        for accept in ("text/event-stream", "*/*", "image/png"):
            response = httpx.request(method, f"{running.url}/-/ready", headers={"Accept": accept}, timeout=60)
            assert response.status_code == 200, accept
        assert not [line for line in running.output() if "call_id" in line]


def test_the_watchdog_reports_it(watchdog: Watchdog, tmp_path: Path) -> None:
    late = Late(tmp_path)
    with late.importing(watchdog, ready_path="/-/ready") as running:
        assert ready(running, "/_/ready") == 503
        late.gate.open()
        wait_until(lambda: ready(running, "/_/ready") == 200, "it is ready")


def test_it_is_not_ready_while_it_drains(watchdog: Watchdog, folder: Path, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with serve(watchdog, folder, DRAINING) as running, Client(running, "/blocked/source", str(gate.path)) as client:
        client.until(b"data: first\n\n")
        assert ready(running, port=own_port(running)) == 200
        running.terminate()
        wait_until(lambda: ready(running, port=own_port(running)) == 503, "it is no longer ready")
        assert (
            httpx.post(
                f"{running.url}/short/page", content="hi", headers={"Accept": "text/html"}, timeout=60
            ).status_code
            == 200
        ), "it serves on until the watchdog closes (T8)"
        gate.open()
        assert client.read_all().endswith(b"data: second\n\ndata: [DONE]\n\n")

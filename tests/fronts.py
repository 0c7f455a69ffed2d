"""Functions as processes: laid out as faas-cli does, served directly or behind a watchdog.

A front is a way to reach a function: `DIRECT`, which is waitress itself, a watchdog of `tests.platform`, or a `Chain`
of a gateway and a watchdog.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx

from tests.platform.deadline import wait_until
from tests.platform.gateways import Chain
from tests.platform.ports import free_port
from tests.platform.running import Running
from tests.platform.watchdogs import Until, Watchdog

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "template" / "python3-flask-stream-debian"
FUNCTIONS = ROOT / "functions"


class Direct:
    """A function's process without a watchdog."""

    name = "direct"

    @contextmanager
    def start(
        self, command: str, *, cwd: Path, env: Mapping[str, str] | None = None, until: Until = "healthy"
    ) -> Iterator[Running]:
        """The process, once its port is open; there is no health check to wait for. Killed at the end."""
        with tempfile.TemporaryDirectory() as tmpdir:
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            process = subprocess.Popen(
                [sys.executable, *command.split()[1:]],
                cwd=cwd,
                env={"PATH": os.environ["PATH"], "TMPDIR": tmpdir, "upstream_url": url, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            running = Running(process, port, url, Path(tmpdir))
            try:
                if until != "spawned":
                    running.wait_until_open()
                yield running
            finally:
                running.kill()


Front = Direct | Watchdog | Chain
DIRECT = Direct()


def lay_out(folder: Path, handler: Path | str) -> Path:
    """The build folder of a function. handler: its folder, or the source of a handler.py."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TEMPLATE, folder, ignore=ignored)
    if isinstance(handler, Path):
        shutil.copytree(handler, folder / "function", dirs_exist_ok=True, ignore=ignored)
    else:
        (folder / "function" / "handler.py").write_text(handler)
    secrets = folder / ".secrets"
    secrets.mkdir()
    (secrets / "openai-api-key").write_text("test-key\n")
    return folder


@contextmanager
def serve(
    front: Front,
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    until: Until | Literal["ready"] = "ready",
    **more: str,
) -> Iterator[Running]:
    """A laid-out function, served with these settings. until: what to wait for; "ready": its handler is loaded."""
    env = {"OPENFAAS_NAME": "fn", "suppress_lock": "true", "prefix_logs": "false", **(settings or {}), **more}
    with front.start("python index.py", cwd=folder, env=env, until="healthy" if until == "ready" else until) as running:
        if until == "ready":
            wait_until(lambda: _is_ready(running), "the handler is loaded", 60)
        yield running


def _is_ready(running: Running) -> bool:
    try:
        return httpx.get(f"{running.upstream_url}/-/ready", timeout=60).status_code == 200
    except httpx.TransportError:  # the process ends, or has not begun; the test checks which it expects
        return running.process.poll() is not None


def records(running: Running) -> list[dict[str, Any]]:
    """The log lines of answers so far."""
    return [json.loads(line) for line in running.output() if line.startswith('{"call_id"')]


def wait_for_record(running: Running, outcome: str = "") -> dict[str, Any]:
    """The first log line of an answer, or of an answer with this outcome."""
    line = running.wait_for_line(rf'^{{"call_id".*"outcome": "{outcome}')
    record: dict[str, Any] = json.loads(line)
    return record

"""How long a contestant takes from its process's start to an open port and to an answer, without a watchdog."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarking.contestants import Contestant
from benchmarking.traffic import Mock
from local.problem import Problem
from tests.platform.ports import free_port

OUTPUT = Path("build/bench/start.log")
LIMIT_S = 60.0
PAUSE_S = 0.002


@dataclass(frozen=True, slots=True)
class Start:
    """Both counted from the process's start."""

    contestant: str
    port_open_ms: float
    first_token_ms: float


def start(contestant: Contestant, mock: Mock) -> Start:
    """A request is sent as soon as the port is open, and again where its connection ended without an answer."""
    port = free_port()
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    opened, answered = 0.0, False
    with _process(contestant, mock, port) as process:
        while not answered:
            if time.monotonic() - began > LIMIT_S or process.poll() is not None:
                raise Problem(f"{contestant.name} gives no answer within {LIMIT_S:.0f} s: what it said is in {OUTPUT}")
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
                opened = opened or time.monotonic()
                answered = _is_answered(connection, contestant)
            time.sleep(0 if answered else PAUSE_S)
        return Start(contestant.name, 1000 * (opened - began), 1000 * (time.monotonic() - began))


def _is_answered(connection: socket.socket, contestant: Contestant) -> bool:
    """Whether a token has come; false where the connection ends without one."""
    content_type, body = contestant.request(1)
    lines = [
        f"POST {contestant.path} HTTP/1.1", "Host: f", "Accept: text/event-stream", f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}", "Connection: close", "", body,
    ]  # fmt: skip
    connection.sendall("\r\n".join(lines).encode())
    seen = b""
    while b" t1" not in seen:
        piece = connection.recv(65_536)
        if not piece:
            return False
        seen += piece
    return True


@contextmanager
def _process(contestant: Contestant, mock: Mock, port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = contestant.environment(mock.url) | {"upstream_url": f"http://127.0.0.1:{port}"}
    with tempfile.TemporaryDirectory() as tmpdir, OUTPUT.open("wb") as output:
        started = subprocess.Popen(
            contestant.command.split(),
            cwd=contestant.folder,
            env={"HOME": os.environ.get("HOME", tmpdir), "LANG": "C.UTF-8", "TMPDIR": tmpdir, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()

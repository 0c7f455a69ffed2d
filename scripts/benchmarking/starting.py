"""A contender in its first second, without a watchdog: one request, and a burst of requests."""

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

from benchmarking import process
from benchmarking.contenders import Contender
from benchmarking.traffic import Mock, load
from local.problem import Problem
from tests.platform.deadline import wait_until
from tests.platform.ports import free_port, is_open

OUTPUT = Path("build/bench/start.log")
LIMIT_S = 60.0
POLL_S = 0.002
BURST_REQUESTS, BURST_TOKENS = 100, 20


@dataclass(frozen=True, slots=True)
class Start:
    """Both times count from the start of the process."""

    contender: str
    port_open_ms: float
    first_token_ms: float


@dataclass(frozen=True, slots=True)
class ColdBurst:
    """BURST_REQUESTS requests, sent at the same time as soon as the port is open.

    served: the answers that were complete. first_token_max_ms: from the request to the first token of the last answer.
    """

    contender: str
    served: int
    first_token_max_ms: float
    memory_mib: float


def start(contender: Contender, mock: Mock) -> Start:
    """Sends a request as soon as the port is open, and again if the connection ends without an answer."""
    port = free_port()
    began = time.monotonic()
    opened, answered = 0.0, False
    with _started(contender, mock, port) as started:
        while not answered:
            if time.monotonic() - began > LIMIT_S or started.poll() is not None:
                raise Problem(f"{contender.name} gave no answer within {LIMIT_S:.0f} s. Its output is in {OUTPUT}")
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
                opened = opened or time.monotonic()
                answered = _is_answered(connection, contender)
            time.sleep(0 if answered else POLL_S)
        return Start(contender.name, 1000 * (opened - began), 1000 * (time.monotonic() - began))


def cold_burst(contender: Contender, mock: Mock) -> ColdBurst:
    """Sends the burst to a process that has served nothing yet and may still import its handler."""
    port = free_port()
    with _started(contender, mock, port) as started:
        wait_until(lambda: is_open(port) or started.poll() is not None, f"{contender.name} listens", LIMIT_S)
        summary = load(contender, port, streams=BURST_REQUESTS, tokens=BURST_TOKENS, limit_s=LIMIT_S, spread_s=0)
        memory_mib = process.peak_memory_mib([started.pid])
    served = summary["ends"].get("complete", 0)
    return ColdBurst(contender.name, served, summary["first_token_ms"]["max"], memory_mib)


def _is_answered(connection: socket.socket, contender: Contender) -> bool:
    """True once a token has arrived; false if the connection ends without one."""
    accept, content_type, body = contender.request(1)
    lines = [
        f"POST {contender.path} HTTP/1.1", "Host: f", f"Accept: {accept}", f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}", "Connection: close", "", body,
    ]  # fmt: skip
    connection.sendall("\r\n".join(lines).encode())
    received = b""
    while b" t1" not in received:
        piece = connection.recv(65_536)
        if not piece:
            return False
        received += piece
    return True


@contextmanager
def _started(contender: Contender, mock: Mock, port: int) -> Iterator[subprocess.Popen[bytes]]:
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as tmpdir, OUTPUT.open("wb") as output:
        started = subprocess.Popen(
            contender.command.split(),
            cwd=contender.folder,
            env={
                "HOME": os.environ.get("HOME", tmpdir),
                "LANG": "C.UTF-8",
                "TMPDIR": tmpdir,
                **contender.environment(mock.url, port),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):  # the process has ended by itself
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()

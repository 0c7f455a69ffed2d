"""Requests that never become whole, and bodies larger than they may be: each ends on time and holds little."""

import os
import re
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.client import SSE, TIMEOUT_S, Client, ask
from tests.faults.process import KIB, connections, forget_peak_memory, memory, peak_memory, pid_of, port_of
from tests.faults.test_many import many_descriptors
from tests.fronts import DIRECT, Front, lay_out, serve
from tests.platform.deadline import wait_until
from tests.platform.running import Running

__all__ = ["many_descriptors"]

MIB = 1024 * KIB
TOKEN = "a-token"
SETTINGS = {"request_head_timeout": "1s", "request_body_timeout": "2s", "commit_after": "5s"}
HEAD = f"POST /flood/sized HTTP/1.1\r\nHost: f\r\nAccept: {SSE}\r\nAuthorization: Bearer {TOKEN}\r\n"
HALVES = {
    "nothing": "",
    "half a request line": "POST /flo",
    "half a head": HEAD,
    "a head and half a body": HEAD + "Content-Length: 10\r\n\r\n12345",
    "a head and half a chunk": HEAD + "Transfer-Encoding: chunked\r\n\r\na\r\n12345",
}


@pytest.fixture(scope="module")
def function(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A function whose callers need a token."""
    closed = lay_out(tmp_path_factory.mktemp("closed") / "fn", Path(__file__).parent / "function")
    (closed / ".secrets" / "callers").write_text(f"{TOKEN}\n")
    with serve(front, closed, SETTINGS, auth_secret="callers", request_body_timeout="60s") as running:
        yield running


def assert_serves(running: Running) -> None:
    """A request with a token is answered meanwhile."""
    headers = {"Accept": SSE, "Authorization": f"Bearer {TOKEN}"}
    response = httpx.post(f"{running.url}/flood/sized", content="1", headers=headers, timeout=TIMEOUT_S)
    assert (response.status_code, response.text.endswith("data: [DONE]\n\n")) == (200, True)


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_a_request_is_dropped(folder: Path, half: str) -> None:
    with (
        serve(DIRECT, folder, SETTINGS) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=TIMEOUT_S) as connection,
    ):
        connection.sendall(half.encode())
        received = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                received += piece
        assert not received or re.match(rb"HTTP/1\.[01] 408 ", received)


def test_half_a_request_is_dropped_although_a_coroutine_blocks_the_event_loop(folder: Path) -> None:
    with (
        serve(DIRECT, folder, SETTINGS) as running,
        Client(running, "/in_loop/blocks_the_loop", "60") as blocking,
        socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection,
    ):
        blocking.until(b"data: first\n\n")
        connection.sendall(HALVES["a head and half a body"].encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")


def test_bytes_that_trickle_do_not_extend_the_limit(folder: Path) -> None:
    with (
        serve(DIRECT, folder, SETTINGS) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=TIMEOUT_S) as connection,
    ):
        for byte in HEAD + "X-Long: " + "x" * 200:
            if select.select([connection], [], [], 0.05)[0]:
                break
            with suppress(OSError):
                connection.sendall(byte.encode())
        else:
            pytest.fail("a head that took 10 s was not refused")


def test_half_a_body_is_dropped_behind_a_watchdog_too(front: Front, folder: Path) -> None:
    with serve(front, folder, SETTINGS) as running:
        port = port_of(running)
        wait_until(lambda: connections(port) == 0, "nobody else is connected")
        with socket.create_connection(("127.0.0.1", running.port), timeout=TIMEOUT_S) as connection:
            connection.sendall(HALVES["a head and half a body"].encode())
            wait_until(lambda: connections(port) == 1, "the request has reached the function")
            wait_until(lambda: connections(port) == 0, "the function has closed the connection", 40)
        assert_serves(running)


def test_a_connection_that_waits_between_two_requests_is_kept_longer_than_half_a_request(folder: Path) -> None:
    request = b"GET /short/page HTTP/1.1\r\nHost: f\r\nAccept: text/html\r\n\r\n"
    with (
        serve(DIRECT, folder, SETTINGS) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=TIMEOUT_S) as connection,
    ):
        for _ in range(2):
            connection.sendall(request)
            received = b""
            while b"a page" not in received:
                received += connection.recv(65_536)
            assert not select.select([connection], [], [], 2.5)[0]


@pytest.mark.usefixtures("many_descriptors")
@pytest.mark.parametrize("half", ["POST /flo", HALVES["a head and half a body"]], ids=["heads", "bodies"])
def test_3300_half_requests_keep_no_client_out(folder: Path, half: str) -> None:
    with serve(DIRECT, folder, {"request_head_timeout": "2m"}) as running, ExitStack() as stack:
        ask(running, "/flood/sized", "1")
        for _ in range(3300):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", running.port), TIMEOUT_S))
            connection.sendall(half.encode())
        for _ in range(6):
            assert_serves(running)


BODY = 31 * MIB
LIMIT = 2 * MIB
"""Of a body, at most max_body (1 MiB) and one MiB more."""


def test_bodies_without_a_token_hold_little_and_their_clients_see_why(function: Running) -> None:
    number = 20
    pid = pid_of(function)
    assert_serves(function)
    forget_peak_memory(pid)
    before = memory(pid)
    head = f"POST / HTTP/1.1\r\nHost: f\r\nAccept: {SSE}\r\nContent-Length: {BODY}\r\n\r\n".encode()
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", function.port), TIMEOUT_S))
            connections.append(connection)
            connection.sendall(head)
            _send_until_answered(connection, BODY - 1)
        used_bytes = peak_memory(pid) - before + _in_files(pid)
        assert used_bytes < number * LIMIT
        for connection in connections:
            with suppress(OSError):
                connection.sendall(b"x")
            assert connection.recv(65_536)[:13] in (b"HTTP/1.1 401 ", b"HTTP/1.1 413 ")
    assert_serves(function)


@pytest.mark.parametrize(("token", "status"), [("", 401), (TOKEN, 413)])
@pytest.mark.parametrize("accept", [SSE, "application/json"])
@pytest.mark.parametrize("mebibytes", [3, 31, 100])
def test_an_ordinary_client_sees_the_status_of_a_body_that_is_too_large(
    function: Running, token: str, status: int, accept: str, mebibytes: int
) -> None:
    headers = {"Accept": accept, **({"Authorization": f"Bearer {token}"} if token else {})}
    response = httpx.post(function.url, content=b"x" * (mebibytes * MIB), headers=headers, timeout=TIMEOUT_S)
    assert response.status_code in {status, 413}
    assert response.json()["error"]["code"]


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "in chunks"])
def test_the_token_is_checked_before_the_body_is_parsed(function: Running, length: bool) -> None:
    deep = b"[" * 100_000
    headers = {"Accept": SSE, "Content-Type": "application/json"}
    content = deep if length else iter([deep])
    response = httpx.post(function.url, content=content, headers=headers, timeout=TIMEOUT_S)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")
    assert not [line for line in function.output() if "Traceback" in line or "RecursionError" in line]


def _send_until_answered(connection: socket.socket, size: int) -> None:
    """Sends at most so many bytes, and stops when an answer arrives."""
    piece = b"x" * (256 * KIB)
    while size:
        readable, writable, _ = select.select([connection], [connection], [], 3)
        if readable or not writable:
            return
        size -= connection.send(piece[:size])


def _in_files(pid: int) -> int:
    """Bytes in the temporary files that the process has open."""
    total = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if "deleted" in os.readlink(descriptor):
                total += descriptor.stat().st_size
    return total

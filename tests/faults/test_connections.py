"""Connections: what HTTP allows a client, and what it does not allow a handler."""

import socket
from pathlib import Path

import httpx

from tests.faults.client import DOCUMENT, END, SSE, TIMEOUT_S, Client
from tests.faults.gate import Gate
from tests.faults.process import pid_of
from tests.fronts import DIRECT, Front
from tests.platform.caller import Caller
from tests.platform.running import Running

SETTINGS = {"commit_after": "5s", "upstream_idle_timeout": "2s"}

PAGE = b"GET /short/page HTTP/1.1\r\nHost: f\r\nAccept: text/html\r\n\r\n"
STREAM = b"POST /flood/sized HTTP/1.1\r\nHost: f\r\nAccept: text/event-stream\r\nContent-Length: 1\r\n\r\n1"


def test_headers_of_the_connection_are_not_the_handlers(function: Running) -> None:
    with Client(function, "/faulty/headers") as client:
        assert (client.status, client.read_all()) == (200, b"data: whole\n\ndata: [DONE]\n\n")
        assert client.response.headers.get_all("Transfer-Encoding") == ["chunked"]
        assert "Keep-Alive" not in client.response.headers
        assert client.record()["outcome"] == "complete"


def test_a_connection_serves_pages_and_then_a_stream(function: Running) -> None:
    with _connect(function) as connection:
        for _ in range(3):
            connection.sendall(PAGE)
            assert _read_until(connection, b"<p>a page</p>").startswith(b"HTTP/1.1 200 ")
        connection.sendall(STREAM)
        assert _read_until(connection, END).startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_turn(function: Running) -> None:
    with _connect(function) as connection:
        connection.sendall(PAGE + STREAM)
        received = _read_until(connection, END)
    assert received.index(b"<p>a page</p>") < received.index(b"data: x")
    assert received.count(b"HTTP/1.1 200 ") == 2


def test_a_stream_ends_its_own_connection_or_serves_the_next_request(function: Running, front: Front) -> None:
    with _connect(function) as connection:
        connection.sendall(STREAM + STREAM)
        received = _read_until(connection, END)
        if front is DIRECT:  # the answer says Connection: close, and the client has to send its next request again
            assert b"connection: close" in received.lower()
            assert connection.recv(1) == b""
        else:
            assert _read_until(connection, END, received.partition(END)[2]).startswith(b"HTTP/1.1 200 ")


def test_a_client_of_http_1_0_reads_to_the_end_of_the_connection(function: Running) -> None:
    headers = (("Accept", SSE), ("Content-Length", "1"))
    with Caller(function.port).ask("/flood/sized", headers, method="POST", version="HTTP/1.0") as caller:
        caller.send(b"1")
        assert caller.response().read().endswith(b"data: [DONE]\n\n")


def test_what_is_no_http_is_refused_and_the_function_goes_on(function: Running) -> None:
    pid = pid_of(function)
    for nonsense in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 100, b"POST / "):
        with _connect(function) as connection:
            connection.sendall(nonsense)
    with Client(function, "/flood/sized", "1") as client:
        assert client.read_all().endswith(b"data: [DONE]\n\n")
    assert pid_of(function) == pid


def _connect(function: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", function.port), timeout=TIMEOUT_S)


def _read_until(connection: socket.socket, expected: bytes, received: bytes = b"") -> bytes:
    while expected not in received:
        more = connection.recv(65_536)
        assert more, f"the connection has ended before {expected!r} came: {received!r}"
        received += more
    return received


def test_a_request_never_waits_for_the_thread_of_the_one_before(function: Running, tmp_path: Path) -> None:
    """The watchdog sends one client's request on the connection that served another's."""
    gate = Gate(tmp_path)
    with httpx.Client(timeout=20) as client:
        late = client.post(function.url + "/blocked/handler", content=str(gate.path), headers={"Accept": DOCUMENT})
        assert (late.status_code, late.json()["error"]["code"]) == (504, "upstream_timeout")
        gate.wait_until_reached()
        assert client.get(function.url + "/short/page").text == "<p>a page</p>"
    gate.open()

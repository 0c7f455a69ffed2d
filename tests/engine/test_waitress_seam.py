"""Each use of waitress's undocumented interfaces does what the engine needs: a live waitress, one test per use."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import pytest
import waitress

from faas_stream.answers.connection import CONNECTION, Connection
from faas_stream.engine import waitress_seam
from tests.platform.deadline import wait_until
from tests.platform.ports import is_open

MAX_BODY = 4096
MUCH = b"x" * 4 * 1024**2
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
WATERMARK = 64 * 1024
WAITRESS_THREADS = 4
"""waitress's own number."""


class Server:
    """waitress with the seam, listening. `app` answers; a request runs in one of waitress's threads."""

    def __init__(self) -> None:
        self.app: Callable[[dict[str, Any], Any], Iterable[bytes]] = lambda _environ, _start: []
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        self.port = listener.getsockname()[1]
        self.connections: dict[int, Any] = {}
        self.waitress = waitress.create_server(
            lambda environ, start: self.app(environ, start),
            map=self.connections,
            sockets=[listener],
            channel_request_lookahead=1,
            outbuf_high_watermark=WATERMARK,
            max_request_body_size=MAX_BODY + waitress_seam.DISCARDED_BYTES,
        )
        waitress_seam.prepare(self.waitress)

    def connect(self) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect(("127.0.0.1", self.port))
        return client

    def send(self, data: bytes) -> bytes:
        """Everything that the server answers, until it closes the connection."""
        with closing(self.connect()) as client:
            client.sendall(data)
            return b"".join(iter(lambda: client.recv(65_536), b""))

    def sweep(self, head_s: float, body_s: float, stall_s: float) -> None:
        """Has the server's thread look at every connection."""
        self.waitress.trigger.pull_trigger(lambda: waitress_seam.sweep(self.waitress, head_s, body_s, stall_s))

    def close(self) -> None:
        """Ends a server without a thread, once its clients have disconnected."""
        while self.waitress.active_channels:
            waitress_seam.run_round(self.waitress, self.connections)
        self.waitress.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    limits_s = (60, 60, 60)
    arguments = (server.waitress, server.connections, *limits_s)
    threading.Thread(target=waitress_seam.run, args=arguments, daemon=True).start()
    yield server
    waitress_seam.stop_accepting(server.waitress)
    wait_until(lambda: not is_open(server.port), "the server accepts no more")


class Busy:
    """An application whose thread stays busy while the test acts on its connection."""

    def __init__(self, server: Server, version: str = "HTTP/1.1") -> None:
        self._released = threading.Event()
        self._begun = threading.Event()
        self.connection: Connection
        self.write: Callable[[bytes], object]
        self.client = server.connect()
        server.app = self._serve
        self.client.sendall(f"GET / {version}\r\nHost: a.test\r\n\r\n".encode())
        assert self._begun.wait(10)

    def _serve(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.connection = environ[CONNECTION]
        self.write = start("200 OK", [("Content-Type", "text/plain")])
        self._begun.set()
        assert self._released.wait(20)
        return []

    def __enter__(self) -> "Busy":
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self.client.close()


def test_more_threads_serve_more_requests_at_a_time(server: Server) -> None:
    all_are_served = threading.Barrier(WAITRESS_THREADS + 2)

    def app(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        all_are_served.wait(10)
        start("204 No Content", [])
        return []

    server.app = app
    with ExitStack() as stack:
        for _ in range(WAITRESS_THREADS + 1):
            stack.enter_context(closing(server.connect())).sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        waitress_seam.set_threads(server.waitress, WAITRESS_THREADS + 1)
        all_are_served.wait(10)


def test_requests_that_wait_for_a_thread_are_counted_as_missing_ones(server: Server) -> None:
    def idle() -> int:
        return waitress_seam.idle_threads(server.waitress)

    wait_until(lambda: idle() == WAITRESS_THREADS, "all threads are idle")
    with ExitStack() as stack:
        for number in range(WAITRESS_THREADS):
            stack.enter_context(Busy(server))
            assert idle() == WAITRESS_THREADS - number - 1
        waiting = stack.enter_context(closing(server.connect()))
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        wait_until(lambda: idle() == -1, "a request waits for a thread")


def test_a_request_finds_its_connection(server: Server) -> None:
    with Busy(server) as busy:
        assert not busy.connection.is_gone()
        busy.client.close()
        wait_until(busy.connection.is_gone, "the disconnect is noticed")


def test_a_request_is_as_old_as_its_first_byte(server: Server) -> None:
    arrivals: list[float] = []

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        arrivals.append(time.monotonic() - environ[CONNECTION].age())
        start("204 No Content", [])
        return []

    server.app = app
    with closing(server.connect()) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        continued_at = time.monotonic()
        client.sendall(b"x")
        assert client.recv(100).startswith(b"HTTP/1.1 204 ")
    assert arrivals[0] < continued_at


def test_a_response_to_head_ends_with_its_head(server: Server) -> None:
    def application(_environ: object, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return []

    server.app = application
    answer = server.send(b"HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in answer
    assert answer.endswith(b"\r\n\r\n")
    assert answer.count(b"\r\n\r\n") == 1


def fill(busy: Busy) -> None:
    """Writes until the client has bytes to take."""
    for _ in range(16):
        busy.write(b"x" * 16 * 1024)
        if busy.connection.unsent() > 16 * 1024:
            break
    assert busy.connection.unsent() > 0


def test_a_client_stalls_while_it_takes_none_of_its_unsent_bytes(server: Server) -> None:
    with Busy(server) as busy:
        fill(busy)

        def has_stalled() -> bool:
            busy.write(b"x")  # which does not end a stall
            return busy.connection.stalled_s() > 0.2

        wait_until(has_stalled, "the client has stalled for a moment")
        while busy.connection.stalled_s() > 0.2:
            busy.client.recv(65_536)
        while busy.connection.unsent():
            busy.client.recv(65_536)
        assert busy.connection.stalled_s() == 0


def test_a_client_that_disconnects_before_its_refusal_is_no_error(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = server.connect()
    execute = waitress_seam.RefusalTask.execute

    def execute_late(task: waitress_seam.RefusalTask) -> None:
        client.close()
        wait_until(lambda: not task.channel.connected, "the disconnect is noticed")
        execute(task)

    monkeypatch.setattr(waitress_seam.RefusalTask, "execute", execute_late)
    caplog.set_level("INFO", "waitress")
    client.sendall(b"GET\r\n\r\n")
    wait_until(lambda: "Client disconnected while serving " in caplog.messages, "waitress has logged it")
    logged = [record.getMessage() for record in caplog.records if record.name == "waitress"]
    assert logged == ["Client disconnected while serving "]


def test_what_the_socket_takes_goes_there_at_once(server: Server) -> None:
    with Busy(server) as busy:
        busy.write(b"a token")
        assert busy.connection.unsent() == 0
        assert b"a token" in busy.client.recv(65_536)


def test_a_write_never_waits_for_the_client(server: Server) -> None:
    with Busy(server) as busy:
        for _ in range(64):
            busy.write(b"x" * 64 * 1024)
        assert busy.connection.unsent() > WATERMARK


def test_clients_that_pipeline_requests_and_read_nothing_stop_nobody(server: Server) -> None:
    page = b"x" * WATERMARK
    served: list[str] = []

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        served.append(environ["PATH_INFO"])
        start("200 OK", [("Content-Length", str(len(page)))])
        return [page]

    server.app = app
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n" % number for number in range(8))
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(server.connect())) for _ in range(WAITRESS_THREADS + 1)]
        for client in clients:
            client.sendall(requests)
        wait_until(lambda: served.count("/0") == len(clients), "each has a response that it does not read")
        assert page in server.send(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        received = b""
        while received.count(page) < 8:
            received += clients[0].recv(65_536)
        assert served.count("/7") == 1


@pytest.mark.parametrize(("is_complete", "end"), [(True, b"0\r\n\r\n"), (False, b"token\r\n")])
def test_a_response_ends_although_its_thread_is_busy(server: Server, is_complete: bool, end: bytes) -> None:
    with Busy(server) as busy:
        busy.write(b"a token")
        busy.connection.end_response(is_complete=is_complete)
        received = b"".join(iter(lambda: busy.client.recv(65_536), b""))
        assert received.endswith(end)


def test_a_response_without_a_byte_has_its_head(server: Server) -> None:
    with Busy(server) as busy:
        busy.connection.end_response(is_complete=True)
        received = b"".join(iter(lambda: busy.client.recv(65_536), b""))
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert received.endswith(b"0\r\n\r\n")


def test_the_last_response_of_a_connection_says_so_once(server: Server) -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        environ[CONNECTION].close_after_response()
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    server.app = app
    for version in (b"1.0", b"1.1"):
        received = server.send(b"GET / HTTP/%b\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n" % version)
        assert received.count(b"Connection: ") == received.count(b"Connection: close") == 1


def test_a_cut_response_that_the_end_of_its_connection_ends_is_reset(server: Server) -> None:
    with Busy(server, "HTTP/1.0") as busy:
        busy.write(b"a token")
        busy.connection.end_response(is_complete=False)
        with pytest.raises(ConnectionResetError):
            b"".join(iter(lambda: busy.client.recv(65_536), b""))


def test_the_end_of_a_response_whose_client_is_gone_is_no_error(server: Server) -> None:
    with Busy(server) as busy:
        busy.write(b"a token")
        busy.client.close()
        wait_until(busy.connection.is_gone, "the disconnect is noticed")
        busy.connection.end_response(is_complete=True)


def test_a_connection_is_broken_off_although_its_client_does_not_read(server: Server) -> None:
    with Busy(server) as busy:
        while not busy.connection.unsent():
            busy.write(b"x" * 16 * 1024)
        busy.connection.break_off()
        wait_until(busy.connection.is_gone, "the connection is closed")
        with pytest.raises(ConnectionResetError):
            b"".join(iter(lambda: busy.client.recv(65_536), b""))


def refusal(response: bytes) -> tuple[int, str]:
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]["code"]


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET http://[ HTTP/1.1\r\nHost: a.test\r\n\r\n", 400, "bad_request"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"),
        (b"POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + b"x" * 9000, 413, "body_too_large"),
        (CHUNKED + b"1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n", 413, "body_too_large"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413, "body_too_large"),
    ],
    ids=["no HTTP", "an address", "two lengths", "a large body", "a large chunked body", "an absurd length"],
)
def test_what_is_refused_is_answered_in_json(server: Server, request_bytes: bytes, status: int, code: str) -> None:
    assert refusal(server.send(request_bytes)) == (status, code)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n", b"204"),
        (b"POST / HTTP/1.1\r\nContent-Length: nine\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n" % (2 * MAX_BODY), b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n", b"413"),
    ],
    ids=["no body", "no length", "a large body", "an absurd length"],
)
def test_a_client_is_told_to_continue_only_if_its_body_is_wanted(server: Server, head: bytes, status: bytes) -> None:
    def app(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("204 No Content", [])
        return []

    server.app = app
    assert server.send(head + b"Expect: 100-continue\r\n\r\n").startswith(b"HTTP/1.1 " + status)


def test_a_connection_survives_an_application_that_exits_when_it_is_closed(server: Server) -> None:
    class Body(list[bytes]):
        def close(self) -> None:
            raise SystemExit(3)

    def app(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "2")])
        return Body([b"ok"])

    server.app = app
    for _ in range(WAITRESS_THREADS + 1):
        assert server.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").endswith(b"ok")
    wait_until(lambda: waitress_seam.is_idle(server.waitress), "no request is served")


def test_a_disconnect_behind_further_requests_is_noticed(server: Server) -> None:
    with Busy(server) as busy:
        busy.write(b"a token")
        while b"a token" not in busy.client.recv(65_536):
            pass
        busy.client.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n" * 3)
        busy.client.close()
        # Not through the application, which ends after 20 s.
        wait_until(busy.connection.is_gone, "the disconnect is noticed", timeout_s=10)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST / HTTP/1.1\r\nX-Large: ", 431),
        (b"POST / HTTP/1.1\r\nNonsense\r\nContent-Length: 4194304\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_a_client_that_is_still_sending_gets_its_refusal(server: Server, head: bytes, status: int) -> None:
    assert refusal(server.send(head + MUCH))[0] == status


def test_a_refused_client_that_never_stops_is_disconnected(server: Server) -> None:
    with closing(server.connect()) as client:
        client.sendall(b"nonsense\r\n\r\n")
        assert refusal(b"".join(iter(lambda: client.recv(65_536), b"")))[0] == 400

        def send_forever() -> None:
            while True:
                client.sendall(b"more")
                server.sweep(head_s=60, body_s=0.1, stall_s=60)

        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_forever()


@pytest.mark.parametrize(
    "half", [b"GET / HT", b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf"], ids=["head", "body"]
)
def test_a_request_that_does_not_arrive_in_time_is_answered_with_408(server: Server, half: bytes) -> None:
    with closing(server.connect()) as client:
        client.sendall(half)
        client.settimeout(0.05)
        received = b""
        while b"error" not in received:
            server.sweep(head_s=0.1, body_s=0.1, stall_s=60)
            with suppress(TimeoutError):
                received += client.recv(65_536)
        assert refusal(received) == (408, "request_timeout")


def test_a_connection_without_a_request_is_closed(server: Server) -> None:
    with closing(server.connect()) as client:
        wait_until(lambda: server.waitress.active_channels, "the connection is accepted")

        def is_closed() -> bool:
            server.sweep(head_s=0.1, body_s=0.1, stall_s=60)
            return not server.waitress.active_channels

        wait_until(is_closed, "the connection is closed")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_client_that_takes_nothing_is_disconnected_unless_an_answer_watches_it(server: Server) -> None:
    with Busy(server) as watched, Busy(server) as busy:
        watched.connection.watch(is_watched=True)
        for one in (watched, busy):
            while not one.connection.unsent():
                one.write(b"x" * 16 * 1024)
        wait_until(lambda: busy.connection.stalled_s() > 0.1, "both have stalled")

        def is_gone(one: Busy) -> bool:
            server.sweep(head_s=60, body_s=60, stall_s=0.1)
            return one.connection.is_gone()

        wait_until(lambda: is_gone(busy), "the connection is closed")
        assert not is_gone(watched)
        watched.connection.watch(is_watched=False)
        wait_until(lambda: is_gone(watched), "the other one is closed")


def test_open_responses_go_on_after_the_server_has_stopped_accepting(server: Server) -> None:
    with Busy(server) as busy:
        waitress_seam.stop_accepting(server.waitress)
        wait_until(lambda: not is_open(server.port), "the server accepts no more")
        assert not waitress_seam.is_idle(server.waitress)
        busy.write(b"the last")
        assert b"the last" in busy.client.recv(65_536)
        busy.connection.end_response(is_complete=True)
    wait_until(lambda: waitress_seam.is_idle(server.waitress), "nothing is open any more")


def test_a_round_accepts_every_client_that_waits() -> None:
    server = Server()
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(closing(server.connect()))
        waitress_seam.run_round(server.waitress, server.connections)
        assert len(server.waitress.active_channels) == 50
    server.close()


def test_what_has_happened_to_a_closed_connection_does_not_close_a_new_one() -> None:
    """The new one gets the closed one's file descriptor, for which the same round may have an event."""
    server = Server()
    with closing(server.connect()) as old:
        waitress_seam.run_round(server.waitress, server.connections)
        (channel,) = server.waitress.active_channels.values()
        server.waitress.trigger.pull_trigger(channel.reset)
        old.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with closing(server.connect()):
        waitress_seam.run_round(server.waitress, server.connections)
        (new,) = server.waitress.active_channels.values()
        assert new is not channel
        assert new.connected
    server.close()

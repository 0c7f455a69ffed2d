"""A WSGI application in place of a handler, on the server and behind the watchdog (PEP 3333)."""

import re
from collections.abc import Iterator
from http.client import IncompleteRead
from pathlib import Path

import pytest

from tests.faults.client import BEAT, Client, SlowClient, ask
from tests.fronts import DIRECT, ROOT, Front, lay_out, serve
from tests.platform.caller import STREAM, Caller
from tests.platform.deadline import wait_until
from tests.platform.running import Running

APPLICATION = Path(__file__).with_name("wsgi_application.py")
DOCS = (ROOT / "docs" / "applications.md").read_text()
SETTINGS = {"heartbeat_interval": "100ms", "commit_after": "200ms", "max_body": "3MiB", "script_name": "/function/fn"}
FILE = bytes(range(256)) * 1200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The function. Its module `asgi` is the one of docs/applications.md."""
    build = lay_out(tmp_path_factory.mktemp("build") / "fn", APPLICATION.read_text())
    recipe = re.search(r"```python\n(# function/asgi\.py\n.*?)```", DOCS, re.DOTALL)
    assert recipe is not None
    (build / "function" / "asgi.py").write_text(recipe[1])
    return build


@pytest.fixture(scope="module")
def function(front: Front, folder: Path) -> Iterator[Running]:
    with serve(front, folder, SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def alone(folder: Path) -> Iterator[Running]:
    """The function without a watchdog, which would hide what these tests look at."""
    with serve(DIRECT, folder, SETTINGS) as running:
        yield running


@pytest.mark.parametrize("path", ["/events", "/writes"])
def test_each_piece_is_sent_at_once_and_heartbeats_fill_the_silence(function: Running, path: str) -> None:
    with Client(function, path) as client:
        client.until(b"data: first\n\n" + 2 * BEAT)
        ask(function, "/release", client.call_id)
        returned = b"data: returned\n\n" if path == "/writes" else b""
        assert client.read_all() == b"data: first\n\ndata: last\n\n" + returned
        record = client.record()
        assert (record["outcome"], record["status"]) == ("complete", 200)


@pytest.mark.parametrize("path", ["/events", "/writes"])
def test_a_disconnect_ends_the_application(function: Running, path: str) -> None:
    with Client(function, path) as client:
        client.until(b"data: first\n\n")
    assert client.record()["outcome"] == "client_disconnected"
    ask(function, "/release", client.call_id)
    if path == "/events":
        function.wait_for_line(f"^{client.call_id} was closed 1 times, in its own thread: True$")


def test_fastapi_streams_through_a2wsgi_and_is_cancelled_at_a_disconnect(function: Running) -> None:
    with Client(function, "/asgi?call_id=first", body="", method="GET") as client:
        client.until(b"data: first\n\n")
        ask(function, "/release", "first")
        assert client.read_all() == b"data: first\n\ndata: last\n\n"
        assert client.record()["outcome"] == "complete"
    with Client(function, "/asgi?call_id=gone", body="", method="GET") as client:
        client.until(b"data: first\n\n")
    assert client.record()["outcome"] == "client_disconnected"
    ask(function, "/release", "gone")
    function.wait_for_line("^gone was cancelled$")


def test_a_compressed_event_stream_gets_no_heartbeats(alone: Running) -> None:
    with Client(alone, "/compressed") as client:
        client.until(b"data: first\n\n")
        assert client.hears_nothing(0.3)
        ask(alone, "/release", client.call_id)
        assert client.read_all() == b"data: first\n\ndata: last\n\n"
        assert client.heartbeats == 0


def test_an_error_in_mid_stream_is_an_error_frame_or_a_cut(function: Running, alone: Running) -> None:
    with Client(function, "/raises?events") as client:
        assert client.code() == "internal_error"
        assert client.record()["outcome"] == "internal_error"
    with Client(alone, "/raises?text") as client:
        with pytest.raises(IncompleteRead):
            client.read_all()
        assert client.record()["outcome"] == "internal_error"


def test_a_body_that_is_shorter_than_its_length_is_visibly_cut(alone: Running) -> None:
    with Client(alone, "/short") as client, pytest.raises(IncompleteRead):
        client.read_all()


@pytest.mark.parametrize("headers", [STREAM, ()], ids=["streaming path", "plain path"])
def test_a_large_body_comes_and_goes_whole(function: Running, headers: tuple[tuple[str, str], ...]) -> None:
    with Caller(function.port) as caller:
        assert caller.post(b"x" * 2_500_000, headers, "/size").response().read() == b"2500000"
    with Caller(function.port) as caller:
        assert caller.ask("/flood", headers).response().read() == b"x" * 20_000_000


def test_a_chunked_body_is_whole(function: Running) -> None:
    with Caller(function.port) as caller:
        caller.ask("/size", (("Transfer-Encoding", "chunked"), *STREAM), method="POST")
        caller.send(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        assert caller.response().read() == b"11"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_sent_by_the_server(function: Running, method: str) -> None:
    with Caller(function.port) as caller:
        assert caller.ask("/file", method=method).response().read() == (FILE if method == "GET" else b"")


@pytest.mark.parametrize("path", ["/events", "/file", "/flood", "/short", "/size"])
def test_head_has_no_body(alone: Running, path: str) -> None:
    with Caller(alone.port) as caller:
        caller.ask(path, (("Connection", "close"), ("X-Call-Id", "of-head")), method="HEAD")
        head, _, body = caller.read_raw().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert body == b""


def test_host_and_scheme_of_the_gateway_reach_the_application(alone: Running) -> None:
    """Without Sec-Fetch-Site, the host that the gateway names decides whether a request is from another site."""
    headers = (("X-Forwarded-Host", "gateway.test"), ("X-Forwarded-Proto", "https"), ("Origin", "https://gateway.test"))
    with Caller(alone.port) as caller:
        assert caller.ask("/host", headers).response().read() == b"https://gateway.test"


def test_a_body_that_is_no_event_stream_is_an_error_once_events_have_begun(alone: Running) -> None:
    with Client(alone, "/slow") as client:
        client.until(BEAT * 2)
        ask(alone, "/release", "slow")
        assert client.code() == "internal_error"
    alone.wait_for_line("text/plain")


def test_a_client_that_does_not_read_slows_its_application_alone(alone: Running) -> None:
    with SlowClient(alone, "/flood") as slow:
        slow.take()
        assert ask(alone, "/size", "abc") == b"3"
        assert not slow.has_record()
    wait_until(slow.has_record, "the answer has ended")
    assert re.match("client_disconnected|write_stalled", slow.record()["outcome"])

"""Bytes that are no valid request, on every way to a function: a clean answer, and the next request is served."""

import json
import socket
from collections.abc import Iterator
from http.client import RemoteDisconnected
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from tests.events import without_ids
from tests.fronts import DIRECT, Front, lay_out, serve
from tests.platform.caller import TIMEOUT_S, Caller
from tests.platform.running import Running

HANDLER = """
import flask
from faas_stream import Event, chat_messages, stream

def handle(req):
    if "event" in flask.request.args or "id" in flask.request.args:
        return stream(lambda: [Event("data", flask.request.args.get("event"), flask.request.args.get("id"))])
    return stream([chat_messages(req)[-1]["content"]])
"""
SECRET = "what-is-asked"
LINES = b"Host: function.test\r\nAccept: text/event-stream\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + LINES + b"Transfer-Encoding: chunked\r\n\r\n"


def post(headers: bytes = b"", body: bytes = b"hi") -> bytes:
    return b"POST / HTTP/1.1\r\n" + LINES + headers + b"\r\n" + body


def sized(length: bytes, body: bytes = b"hi") -> bytes:
    return post(b"Content-Length: " + length + b"\r\n", body)


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "one word": b"GET\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "version of the future": b"GET / HTTP/9.9\r\n" + LINES + b"\r\n",
    "an address with a space": b"GET /a b HTTP/1.1\r\n" + LINES + b"\r\n",
    "an address of bytes": b"GET /\xff\xfe?message=\xc3\x28 HTTP/1.1\r\n" + LINES + b"\r\n",
    "an address with NUL": b"GET /\x00 HTTP/1.1\r\n" + LINES + b"\r\n",
    "a port that is none": b"GET http://[::1/ HTTP/1.1\r\n" + LINES + b"\r\n",
    "a header without a colon": post(b"Nonsense\r\nContent-Length: 2\r\n"),
    "a header without a name": post(b": value\r\nContent-Length: 2\r\n"),
    "a header's name with a space": post(b"X Y: value\r\nContent-Length: 2\r\n"),
    "a header with control characters": post(b"X-A: a\x01\x02\x7f\x00b\r\nContent-Length: 2\r\n"),
    "a header with a bare CR": post(b"X-A: a\rX-B: b\r\nContent-Length: 2\r\n"),
    "a folded header": post(b"X-A: a\r\n b\r\nContent-Length: 2\r\n"),
    "a call id of bytes": post(b"X-Call-Id: \xff\xfe\r\nContent-Length: 2\r\n"),
    "an Accept of bytes": post(b"Accept: \xff\xfe/\x80;q=\xff\r\nContent-Length: 2\r\n"),
    "two lengths": post(b"Content-Length: 2\r\nContent-Length: 3\r\n"),
    "a length and chunks": post(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"2\r\nhi\r\n0\r\n\r\n"),
    "an unknown transfer coding": post(b"Transfer-Encoding: gzip\r\n"),
    "a negative length": sized(b"-1"),
    "a length that is no number": sized(b"two"),
    "a length in hexadecimal": sized(b"0x2"),
    "a length with a sign": sized(b"+2"),
    "a list of lengths": sized(b"2, 2"),
    "a length beyond 64 bits": sized(b"9" * 40),
    "a chunk size that is no number": CHUNKED + b"zz\r\nhi\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-2\r\nhi\r\n0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"1\r\nhi\r\n0\r\n\r\n",
    "a chunk without an end": CHUNKED + b"2\r\nhiXX0\r\n\r\n",
    "a body of bytes": sized(b"4", b"\xff\xfe\x80\x81"),
    "JSON of bytes": post(b"Content-Type: application/json\r\nContent-Length: 4\r\n", b'"\xff\x80"'),
    "JSON with an unknown charset": post(
        b"Content-Type: application/json; charset=no-such\r\nContent-Length: 4\r\n", b'"hi"'
    ),
    "a content type of bytes": post(b"Content-Type: \xff/\x00\r\nContent-Length: 2\r\n"),
}


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(DIRECT, lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)) as running:
        yield running


class Answer(NamedTuple):
    status: int
    body: bytes


@pytest.fixture(scope="module")
def function(way: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)
    with serve(way, folder) as running:
        yield running
        log = "\n".join(running.output())
        assert log.count("Traceback") == log.count(
            "ValueError: Event."
        )  # the author's fault, and for the author's eyes


def say(function: Running, data: bytes) -> Answer | None:
    """The answer to these bytes, None if there is none."""
    url = urlsplit(function.url)
    assert url.port
    with Caller(url.port) as caller:
        caller.send(data.replace(b" / HTTP", f" {url.path or '/'} HTTP".encode(), 1))
        try:
            response = caller.response()
            return Answer(response.status, response.read())
        except RemoteDisconnected:
            return None


def assert_serves(function: Running) -> None:
    response = httpx.post(function.url, content=SECRET, headers={"Accept": "text/event-stream"}, timeout=60)
    assert without_ids(response.text) == f"data: {SECRET}\n\ndata: [DONE]\n\n"


@pytest.mark.parametrize("data", MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_requests_are_answered_cleanly(way: Front, function: Running, data: bytes) -> None:
    answer = say(function, data)
    assert answer is not None
    assert answer.status < 500 or answer.status in (501, 505)
    if way.name == "direct" and answer.status != 200:
        error = json.loads(answer.body)["error"]
        assert error["code"]
        assert error["message"]
    assert_serves(function)


@pytest.mark.parametrize("length", [1024**4, 10**17])
def test_an_absurd_length_is_refused_before_the_body_arrives(direct: Running, length: int) -> None:
    # Direct only: the watchdog and the gateway, which are Go servers, wait for the body.
    answer = say(direct, sized(str(length).encode()))
    assert answer is not None
    assert answer.status == 413
    assert_serves(direct)


@pytest.mark.parametrize("data", [MALFORMED["one word"], MALFORMED["a chunk without an end"], CHUNKED, post()])
def test_a_client_that_disconnects_at_once_writes_nothing_to_the_log(direct: Running, data: bytes) -> None:
    direct.wait_for_line("^faas-stream")
    before = len(direct.output())
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", direct.port), timeout=TIMEOUT_S) as connection:
            connection.sendall(data)
    assert_serves(direct)
    logged = [line for line in direct.output()[before:] if not line.startswith('{"call_id"')]
    assert logged == []


@pytest.mark.parametrize("size", [300_000, 900_000])
def test_too_large_headers_get_431(way: Front, function: Running, size: int) -> None:
    answer = say(function, post(b"X-Large: " + b"x" * size + b"\r\nContent-Length: 2\r\n"))
    assert answer is not None
    assert answer.status == 431
    if way.name == "direct":
        assert json.loads(answer.body)["error"]["code"] == "request_header_fields_too_large"
    assert_serves(function)


@pytest.mark.parametrize("headers", [b"", b"Host: function.test\r\n", b"Connection: keep-alive\r\n"])
def test_an_http_1_0_caller_gets_the_stream_and_its_end(function: Running, headers: bytes) -> None:
    ask = b"POST / HTTP/1.0\r\nAccept: text/event-stream\r\n" + headers + b"Content-Length: 2\r\n\r\nhi"
    answer = say(function, ask)
    assert answer is not None
    assert (answer.status, without_ids(answer.body.decode())) == (200, "data: hi\n\ndata: [DONE]\n\n")
    assert_serves(function)


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("injected", ["a\ndata: injected", "a\r\n\r\ndata: injected", "a\rdata: injected"])
def test_an_events_name_or_id_cannot_break_out_of_its_line(function: Running, field: str, injected: str) -> None:
    response = httpx.post(
        function.url, params={field: injected}, content="hi", headers={"Accept": "text/event-stream"}, timeout=60
    )
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    assert "injected" not in response.text
    assert_serves(function)


@pytest.mark.parametrize("name", ["a: b", "\u2028", "ünï", "x" * 10_000])
def test_any_other_name_arrives(function: Running, name: str) -> None:
    response = httpx.post(
        function.url, params={"event": name}, content="hi", headers={"Accept": "text/event-stream"}, timeout=60
    )
    assert without_ids(response.text) == f"event: {name}\ndata: data\n\ndata: [DONE]\n\n"

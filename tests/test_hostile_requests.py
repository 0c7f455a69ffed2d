"""Requests of an attacker: to smuggle another request, to forge a log line, to redirect, to cost CPU."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.fronts import DIRECT, FUNCTIONS, lay_out, records, serve
from tests.platform.caller import Caller
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Call, Upstream

HANDLER = """
import flask
from faas_stream import chat_messages, stream

methods = ["get", "POST"]

def handle(req):
    match flask.request.args.get("do"):
        case "redirect":
            return flask.redirect(flask.request.path)
        case "raise":
            raise ValueError(flask.request.path)
        case "raise late":
            return flask.Response(raise_late(flask.request.path))
    return stream([chat_messages(req)[-1]["content"]])

def raise_late(path):
    yield "a"
    raise ValueError(path)
"""
HOST = b"Host: function.test\r\nAccept: application/json\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"GET /?message=smuggled HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(DIRECT, lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)) as running:
        yield running


def all_of(function: Running, data: bytes) -> bytes:
    """Everything that comes back until the function closes the connection."""
    with Caller(function.port) as caller:
        try:
            caller.send(data)
            return caller.read_raw()
        except (ConnectionResetError, BrokenPipeError):  # refused before all of it was sent
            return b""


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answer)]


LENGTH = b"Content-Length: 5\r\n"
SMUGGLING = {
    "a length and chunks": LENGTH + b"Transfer-Encoding: chunked\r\n",
    "chunks and a length": b"Transfer-Encoding: chunked\r\n" + LENGTH,
    "chunks in capitals": LENGTH + b"TRANSFER-ENCODING: CHUNKED\r\n",
    "chunks after a tab": LENGTH + b"Transfer-Encoding:\tchunked\r\n",
    "chunks after a vertical tab": LENGTH + b"Transfer-Encoding: \x0bchunked\r\n",
    "chunks and a blank before the colon": LENGTH + b"Transfer-Encoding : chunked\r\n",
    "chunks on a second line": LENGTH + b"Transfer-Encoding:\r\n chunked\r\n",
    "chunks that are none": LENGTH + b"Transfer-Encoding: xchunked\r\n",
    "identity": LENGTH + b"Transfer-Encoding: identity\r\n",
    "chunks twice": LENGTH + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "two lengths": LENGTH + b"Content-Length: 6\r\n",
    "two hosts": LENGTH + b"Host: other.test\r\n",
}


@pytest.mark.parametrize("headers", SMUGGLING.values(), ids=list(SMUGGLING))
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_a_request_whose_end_is_in_doubt_is_refused_and_the_connection_is_closed(
    function: Running, headers: bytes, version: bytes
) -> None:
    request = b"POST / HTTP/" + version + b"\r\n" + HOST + b"Connection: keep-alive\r\n" + headers + b"\r\n0\r\n\r\n"
    answer = all_of(function, request + SMUGGLED)
    assert statuses(answer) in ([400], [501])
    assert b"smuggled" not in answer


MOSTLY_FRAMING = {
    "an extension": b"2;" + b"a" * 3_000_000 + b"\r\nhi\r\n0\r\n\r\n",
    "an extension without an end": b"2;" + b"a" * 3_000_000,
    "zeros before a size": b"0" * 1_000_000 + b"2\r\nhi\r\n0\r\n\r\n",
    "trailers": b"2\r\nhi\r\n0\r\n" + b"X: y\r\n" * 500_000 + b"\r\n",
    "trailers without an end": b"2\r\nhi\r\n0\r\n" + b"X: y\r\n" * 500_000,
    "tiny chunks": b"1\r\nx\r\n" * 300_000 + b"0\r\n\r\n",
}


@pytest.mark.parametrize("body", MOSTLY_FRAMING.values(), ids=list(MOSTLY_FRAMING))
def test_a_chunked_body_that_is_mostly_framing_is_refused_early(function: Running, body: bytes) -> None:
    assert statuses(all_of(function, CHUNKED + body)) in ([400], [])


def test_ordinary_chunks_arrive(function: Running) -> None:
    words = [f"word {number} ".encode() for number in range(3000)]
    response = httpx.post(function.url, content=iter(words), headers={"Accept": "text/plain"}, timeout=60)
    assert response.content == b"".join(words)


def test_megabytes_of_blank_lines_are_skipped(function: Running) -> None:
    ask = b"GET /?message=hi HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    assert statuses(all_of(function, b"\r\n" * 2_000_000 + ask)) == [200]


@pytest.mark.parametrize("headers", [b"X: " + b"x" * 65_536, b"\r\n".join([b"a:b"] * 20_000)], ids=["one", "many"])
def test_headers_above_64_kib_are_431(function: Running, headers: bytes) -> None:
    with Caller(function.port) as caller:
        caller.send(b"GET /?message=hi HTTP/1.1\r\n" + HOST + headers[:66_000] + b"\r\n\r\n")
        assert caller.response().status == 431


def test_ten_thousand_headers_below_64_kib_are_read(function: Running) -> None:
    with Caller(function.port) as caller:
        caller.send(b"GET /?message=hi HTTP/1.1\r\n" + HOST + b"a:b\r\n" * 10_000 + b"\r\n")
        assert caller.response().status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PROPFIND", "HEAD"])
def test_a_method_that_the_handler_does_not_name_is_405(function: Running, method: str) -> None:
    response = httpx.request(method, function.url, timeout=60)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST")


OTHER_ORIGINS = [
    "//evil.test/x", "///evil.test/x", "/\\evil.test/x", "/%09/evil.test/x", "/%2f/evil.test/x", "/%5cevil.test/x",
    "/%0d%0a/evil.test/x", "http://evil.test//evil.test/x", "/%5c%2fevil.test/x",
]  # fmt: skip


@pytest.mark.parametrize("target", OTHER_ORIGINS)
def test_no_path_leads_to_another_origin(function: Running, target: str) -> None:
    with Caller(function.port) as caller:
        response = caller.ask(f"{target}?do=redirect").response()
        assert response.status == 302
        assert re.fullmatch(r"/[a-z][\w./%]*", response.getheader("Location") or ""), response.getheader("Location")


FORGED = '\n{"call_id": "forged"}\r\x1b[31m\x85\u2028\u202e'


@pytest.mark.parametrize("do", ["", "raise", "raise late"])
def test_a_request_cannot_begin_a_log_line_or_steer_a_terminal(function: Running, do: str) -> None:
    path = "/" + "".join(f"%{byte:02x}" for byte in FORGED.encode())
    before, answered = len(function.output()), len(records(function))
    with Caller(function.port) as caller:
        target = f"{path}?message=hi&do={do.replace(' ', '%20')}"
        caller.ask(target, (("Accept", "application/json"), ("Connection", "close"))).read_raw()
    wait_until(lambda: len(records(function)) > answered, "the answer has its record")
    if do:  # the traceback comes through another pipe
        wait_until(lambda: any("forged" in line for line in function.output()[before:]), "the traceback is in the log")
    logged = function.output()[before:]
    assert not any(line.startswith('{"call_id": "forged') for line in logged)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", "\n".join(logged))


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("3f6f9c2e-8f3a-4a55-9d55-0f2f6f1f6a11", True), ("a" * 128, True), ("trace:1/span=2+x@host", True),
        ("a" * 129, False), ("a b", False), ("\xff", False), ('"}', False), ("x" * 60_000, False), ("a\tb", False),
    ],
)  # fmt: skip
def test_a_call_id_is_logged_if_it_is_one(function: Running, sent: str, is_kept: bool) -> None:
    before = len(records(function))
    headers = {b"X-Call-Id": sent.encode("latin-1")}
    httpx.get(f"{function.url}/?message=hi", headers=headers, timeout=60)
    wait_until(lambda: len(records(function)) > before, "the answer has its record")
    logged = [record["call_id"] for record in records(function)[before:]]
    assert (sent in logged) == is_kept
    assert all(re.fullmatch(r"[\w.:/+=@-]{1,128}", id, re.ASCII) for id in logged)


BODIES = {
    "1e999": '{"prompt": "hi", "n": 1e999}',
    "ten thousand digits": '{"prompt": "hi", "n": ' + "9" * 10_000 + "}",
    "half a pair": '{"prompt": "\\ud800"}',
    "101 levels": "[" * 101 + "]" * 101,
    "a hundred thousand levels": "[" * 100_000,
    "levels of objects": '{"messages":' * 50_000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_json_that_cannot_be_sent_on_is_400(function: Running, body: str) -> None:
    headers = {"Accept": "text/event-stream", "Content-Type": "application/json"}
    response = httpx.post(function.url, content=body, headers=headers, timeout=60)
    assert response.status_code == 400
    assert response.json()["error"]["message"]
    assert not re.search("RecursionError|json", "\n".join(function.output("stderr")))


def test_of_a_repeated_name_the_last_value_counts(function: Running) -> None:
    body = '{"prompt": "first", "prompt": "last"}'
    assert httpx.post(function.url, content=body, headers={"Accept": "text/plain"}, timeout=60).text == "last"


def test_a_compressed_body_is_415_and_no_prompt(function: Running) -> None:
    response = httpx.post(function.url, content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}, timeout=60)
    assert (response.status_code, response.headers["Accept-Encoding"]) == (415, "identity")


def play_deep(call: Call) -> None:
    call.delta("a")
    call.raw(b'data: {"choices": ' + b"[" * 50_000 + b"]" * 50_000 + b"}\n\n")
    call.end()


SCRIPT = play_deep


@pytest.mark.parametrize("name", ["stream-openai", "openai-proxy", "chat", "mock-openai"])
def test_deep_json_stops_no_function(name: str, server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / name)
    path = "" if name in ("stream-openai", "chat") else "/v1/chat/completions"
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json", "Accept": "text/event-stream"}
    body = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    if name == "chat":
        del body["model"]
    with serve(DIRECT, folder, openai_base_url=server.url) as function:
        for depth in (101, 5000, 100_000):
            deep = '{"messages": ' + "[" * depth + "]" * depth + "}"
            assert httpx.post(function.url + path, content=deep, headers=headers, timeout=60).status_code == 400
        response = httpx.post(function.url + path, content=json.dumps(body), headers=headers, timeout=60)
        assert response.status_code == 200
        if name != "mock-openai":
            assert "upstream_error" in response.text
        assert "Traceback" not in "\n".join(function.output())

"""No input makes a function answer 5xx or print a traceback: the parsers in this process, and a real server."""

import json
from collections.abc import Iterator
from contextlib import redirect_stderr, suppress
from io import StringIO
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from faas_stream import ClientError, chat_messages, stream
from faas_stream.engine.loop import EventLoop
from faas_stream.web.prompts import ROLES, messages
from tests.fronts import DIRECT, lay_out, serve
from tests.in_process import application
from tests.mock_openai.modules import load
from tests.platform.caller import Caller
from tests.platform.running import Running

HANDLER = """
from faas_stream import chat_messages, stream

def handle(req):
    return stream([chat_messages(req)[-1]["content"] or ""])
"""

# JSON with typical mistakes: the names that the parsers look for, with values of any kind.
_NAMES = [
    *("prompt", "messages", "role", "content", "parts", "type", "text", "url", "mediaType", "stream", "model", "input"),
    *("tools", "tool_choice", "function", "name", "parameters", "n", "max_tokens", "stop", "temperature", "seed"),
    *("stream_options", "include_usage", "response_format", "instructions", "dimensions", "encoding_format"),
]
_TYPES = ["text", "file", "image/png", "input_text", "json_object", "json_schema", "function", "auto", "required"]
_LEAF = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*ROLES, *_TYPES, "gpt-4o"])
)
JSON = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=12,
)
# Nearly valid, so that the parsers look at the values inside.
MESSAGE = st.fixed_dictionaries({}, optional={"role": st.sampled_from(ROLES) | JSON, "content": JSON, "parts": JSON})
BODY = JSON | st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(MESSAGE | JSON, max_size=3) | JSON,
        "prompt": JSON,
        "input": JSON,
        "model": st.sampled_from(["gpt-4o", "mock"]) | JSON,
        "tools": JSON,
        "stream": JSON,
    },
)
CONTENT_TYPE = st.sampled_from(
    ["", "application/json", "text/plain", "application/x-www-form-urlencoded", "a/b+json", "multipart/form-data"]
)
ACCEPT = st.none() | st.sampled_from(["text/event-stream", "*/*", "application/json", "text/html", "text/*;q=0", ""])


def as_body(value: Any) -> str:
    return json.dumps(value)


@settings(max_examples=500, deadline=None)
@given(body=st.text() | BODY.map(as_body), content_type=CONTENT_TYPE, query=st.none() | st.text())
def test_a_prompt_is_read_or_refused(body: str, content_type: str, query: str | None) -> None:
    with suppress(ClientError):
        conversation = messages(body, content_type, query)
        assert {message["role"] for message in conversation} <= set(ROLES)
        json.dumps(conversation, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def client(event_loop: EventLoop) -> FlaskClient:
    def handle(req: str) -> flask.Response:
        return stream([chat_messages(req)[-1]["content"] or ""])

    return application(event_loop, handle, {"max_body": "64KiB"}).test_client()


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE"]),
    body=st.binary() | BODY.map(lambda value: as_body(value).encode()),
    content_type=CONTENT_TYPE,
    accept=ACCEPT,
    query=st.dictionaries(st.sampled_from(["message", "format", "x"]), st.text() | st.sampled_from(["json", "openai"])),
)
def test_a_request_is_answered_or_refused(
    client: FlaskClient,
    method: str,
    body: bytes,
    content_type: str,
    accept: str | None,
    query: dict[str, str],
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    with redirect_stderr(StringIO()) as log:
        response = client.open(
            "/", method=method, data=body, content_type=content_type, headers=headers, query_string=query
        )
    assert response.status_code < 500
    if response.status_code >= 400 and method != "HEAD":
        assert response.get_json()["error"]["message"]
    assert "Traceback" not in log.getvalue()


_READ_HEADERS = [
    *("Accept", "Access-Control-Request-Headers", "Access-Control-Request-Method", "Authorization", "Content-Type"),
    *("Cookie", "Host", "If-Modified-Since", "If-None-Match", "Last-Event-ID", "Origin", "Range", "Sec-Fetch-Mode"),
    *("Sec-Fetch-Site", "X-Api-Key", "X-Call-Id", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Start-Time"),
]
_VALUES = [
    "",
    "null",
    "http://[",
    "http://a:b",
    "[::1",
    "a,b",
    "a:99999",
    "*",
    "cross-site",
    "Bearer ",
    ";q=x",
    "bytes=-",
]
_LATIN_1 = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"))


@settings(max_examples=300, deadline=None)
@given(
    headers=st.dictionaries(st.sampled_from(_READ_HEADERS), st.sampled_from(_VALUES) | _LATIN_1),
    has_rules=st.booleans(),
)
@example(headers={"Origin": "http://["}, has_rules=False)
def test_headers_are_read_or_refused(
    client: FlaskClient, strict: FlaskClient, headers: dict[str, str], has_rules: bool
) -> None:
    with redirect_stderr(StringIO()) as log:
        response = (strict if has_rules else client).post("/", data="hi", headers=headers)
    assert response.status_code < 500
    assert "Traceback" not in log.getvalue()


@pytest.fixture(scope="module")
def strict(event_loop: EventLoop) -> FlaskClient:
    """A function that only some hosts and pages may call."""
    rules = {"cors_origins": "https://a.test", "allowed_hosts": "*.a.test,localhost", "script_name": "/function/fn"}
    return application(event_loop, lambda req: stream([req]), rules).test_client()


ENDPOINT = st.sampled_from(["chat/completions", "completions", "responses", "embeddings"])


@settings(max_examples=300, deadline=None)
@given(endpoint=ENDPOINT, body=BODY)
def test_the_mock_answers_or_refuses(mock: FlaskClient, endpoint: str, body: Any) -> None:
    response = mock.post(f"/v1/{endpoint}", data=as_body(body), headers={"Authorization": "Bearer key"})
    assert response.status_code < 500, response.text
    assert list(response.iter_encoded())


@pytest.fixture(scope="module")
def mock(event_loop: EventLoop) -> FlaskClient:
    """The mock, which sends each answer at once."""
    return application(event_loop, load("handler").handle, {}).test_client()


# Requests of valid and invalid parts, one or two per connection, some with a piece missing.
_METHODS = [b"GET", b"POST", b"get", b"PRI", b"\0", b""]
_TARGETS = [
    b"/",
    b"/?message=hi",
    b"/a%zz?message=%ff",
    b"//x",
    b"*",
    b"http://[::1/",
    b"http://a:b/",
    b"/a b",
    b"\xff",
    b"",
]
_VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"HTTP/", b""]
_HEADERS = [
    *(
        b"Host: a",
        b"Accept: text/event-stream",
        b"Content-Type: application/json",
        b"Expect: 100-continue",
        b"Upgrade: x",
    ),
    *(b"Content-Length: 2", b"Content-Length: -1", b"Content-Length: 2, 2", b"Content-Length: 99999999999999999999"),
    *(
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip",
        b"Connection: close",
        b"X: \0",
        b": x",
        b"x",
        b" x: y",
    ),
]
_BODIES = [b"", b"hi", b"{}", b"2\r\nhi\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"-1\r\n", b"2;x\r\nhiXX", b"\xff\xfe"]


def request(method: bytes, target: bytes, version: bytes, headers: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([b"%s %s %s" % (method, target, version), *headers, b"", body])


REQUEST = st.builds(
    request,
    *(st.sampled_from(choice) for choice in (_METHODS, _TARGETS, _VERSIONS)),
    st.lists(st.sampled_from(_HEADERS), max_size=4),
    st.sampled_from(_BODIES),
)


def without(data: bytes, begin: int, length: int) -> bytes:
    return data[:begin] + data[begin + length :]


BYTES = (
    st.lists(REQUEST, max_size=2).map(b"".join)
    | st.builds(without, REQUEST, st.integers(0, 80), st.integers(1, 9))
    | st.binary(max_size=200)
)


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(DIRECT, lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)) as running:
        yield running
        assert [line for line in running.output() if not line.startswith(('{"call_id"', "faas-stream "))] == []


@settings(max_examples=500, deadline=None)
@given(data=BYTES)
def test_any_bytes_on_a_connection_are_answered_or_refused(function: Running, data: bytes) -> None:
    # The last request closes the connection. It is answered, or it becomes part of the bytes before it.
    with Caller(function.port) as caller:
        caller.send(data + b"\r\n\r\nGET /?message=hi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        caller.end_sending()
        answers = caller.read_raw()
    assert b"HTTP/1.1 5" not in answers.replace(b"HTTP/1.1 501", b"").replace(b"HTTP/1.1 505", b"")


@settings(deadline=None)
@given(
    target=st.binary(max_size=40).filter(lambda text: not set(text) & set(b"\r\n ")).map(lambda text: b"/" + text),
    name=st.sampled_from(
        [b"X-A", b"Accept", b"X-Call-Id", b"Content-Type", b"Authorization", b"Last-Event-ID", b"Cookie"]
    ),
    value=st.binary(max_size=40).filter(lambda text: not set(text) & set(b"\r\n")),
    body=st.binary(max_size=100),
)
def test_a_request_of_odd_bytes_has_an_answer(
    function: Running, target: bytes, name: bytes, value: bytes, body: bytes
) -> None:
    head = b"POST %s HTTP/1.1\r\nHost: a\r\n%s: %s\r\nContent-Length: %d\r\n\r\n" % (target, name, value, len(body))
    with Caller(function.port) as caller:
        caller.send(head + body)
        response = caller.response()
        answer = response.read()
    assert response.status < 500
    if response.status >= 400:
        assert json.loads(answer)["error"]["message"]

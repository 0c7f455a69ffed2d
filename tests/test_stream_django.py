"""The function stream-django: its page and both of its routes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.client import Client
from tests.fronts import DIRECT, FUNCTIONS, Front, lay_out, serve
from tests.platform.running import Running
from tests.upstream import Call, Upstream

ROUTES = ("completion", "completionChat")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "stream-django", FUNCTIONS / "stream-django")


@pytest.fixture(scope="module")
def function(front: Front, folder: Path, server: Upstream) -> Iterator[Running]:
    settings = {"openai_base_url": server.url, "openai_model": "chat-model", "openai_completion_model": "old-model"}
    with serve(front, folder, settings, heartbeat_interval="100ms") as running:
        yield running


def says(*texts: str, finish_reason: str | None = "stop") -> Any:
    """A script that answers with these deltas, in the API that was called."""

    def script(call: Call) -> None:
        for text in texts:
            piece(call, text)
        piece(call, "", finish_reason)
        call.raw(b"data: [DONE]\n\n")
        call.end()

    return script


def piece(call: Call, text: str, finish_reason: str | None = None) -> None:
    content = {"delta": {"content": text}} if "messages" in call.body else {"text": text}
    call.frame({"id": "c", "choices": [{"index": 0, "finish_reason": finish_reason, **content}]})


def ask(function: Running, route: str, query: str = "message=hi") -> Client:
    return Client(function, f"/{route}?{query}", "", method="GET")


@pytest.mark.parametrize("route", ROUTES)
def test_each_delta_is_an_event_and_keeps_its_line_breaks(function: Running, upstream: Upstream, route: str) -> None:
    upstream.script = says("one\r\ntwo\n", "\n", " three", "")
    with ask(function, route) as client:
        assert client.response.headers["Content-Type"] == "text/event-stream"
        events = b"data: one\ndata: two\ndata: \n\ndata: \ndata: \n\ndata:  three\n\ndata: [DONE]\n\n"
        assert client.read_all() == b":\n\n" + events
        assert client.record()["outcome"] == "complete"


@pytest.mark.parametrize(
    ("query", "prompt"), [("message=Wh%C3%A4t%3F", "Whät?"), ("", "Hello world"), ("message=", "Hello world")]
)
def test_the_message_is_the_prompt(function: Running, upstream: Upstream, query: str, prompt: str) -> None:
    upstream.script = says("x")
    for route in ROUTES:
        with ask(function, route, query) as client:
            assert client.read_all().endswith(b"data: [DONE]\n\n")
    old, chat = upstream.calls
    assert (old.path, old.body["model"], old.body["prompt"]) == ("/v1/completions", "old-model", prompt)
    assert (chat.path, chat.body["model"], chat.prompt) == ("/v1/chat/completions", "chat-model", prompt)


@pytest.mark.parametrize("route", ROUTES)
def test_deltas_are_live_and_a_disconnect_ends_the_call_upstream(
    function: Running, upstream: Upstream, route: str
) -> None:
    def script(call: Call) -> None:
        piece(call, "first")
        call.wait_for_disconnect()

    upstream.script = script
    with ask(function, route) as client:
        client.until(b"data: first\n\n: \n: \n")
    assert client.record()["outcome"] == "client_disconnected"
    assert upstream.calls[0].disconnected.wait(30)
    assert len(upstream.calls) == 1


def refuses(call: Call) -> None:
    call.refuse(429)


def breaks(call: Call) -> None:
    piece(call, "half")
    call.cut()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("script", "code", "begin"),
    [
        (refuses, "upstream_rate_limited", b""),
        (breaks, "upstream_unreachable", b"data: half\n\n"),
        (says("half", finish_reason=None), "upstream_unreachable", b"data: half\n\n"),
    ],
    ids=["refused", "broken", "without a finish reason"],
)
def test_a_failure_is_an_error_event(
    function: Running, upstream: Upstream, route: str, script: Any, code: str, begin: bytes
) -> None:
    upstream.script = script
    with ask(function, route) as client:
        assert client.status == 200
        assert client.code() == code
        assert client.read_all().startswith(b":\n\n" + begin)
        assert b"[DONE]" not in client.read_all()
        assert client.record()["outcome"] == code


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_allows_its_own_script_alone(function: Running, method: str) -> None:
    response = httpx.request(method, f"{function.url}/")
    policy = response.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]{32,})'", policy)
    assert nonce is not None
    assert "default-src 'none'" in policy
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.text.count(f'nonce="{nonce[1]}"') == (2 if method == "GET" else 0)
    assert httpx.get(f"{function.url}/").headers["Content-Security-Policy"] != policy


@pytest.mark.parametrize("path", ["/", "/completion", "/completionChat"])
def test_other_methods_are_djangos_to_refuse(function: Running, path: str) -> None:
    response = httpx.post(f"{function.url}{path}", data={"a": "b"})
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert httpx.get(f"{function.url}/nowhere").status_code == 404


def test_the_page_needs_no_token_and_the_answers_do(folder: Path, server: Upstream) -> None:
    with serve(DIRECT, folder, openai_base_url=server.url, mounted_secrets="openai-api-key") as running:
        assert httpx.get(running.url).status_code == 200
        assert httpx.get(f"{running.url}/completion").status_code == 401


def test_an_error_of_a_view_is_in_the_log(tmp_path: Path, server: Upstream) -> None:
    build = lay_out(tmp_path / "fn", FUNCTIONS / "stream-django")
    views = build / "function" / "views.py"
    views.write_text(views.read_text().replace("nonce = secrets.token_urlsafe()", "raise RuntimeError('in the view')"))
    with serve(DIRECT, build, openai_base_url=server.url) as running:
        assert httpx.get(running.url).status_code == 500
        running.wait_for_line("^RuntimeError: in the view", stream="stderr")

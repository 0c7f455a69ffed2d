"""Handlers that relay upstream's API: whole documents in the log record, and errors in the API's own shape."""

import asyncio
import json
from typing import Any

import flask
import openai
import pytest
from httpx2 import Request, Response

from faas_stream import Api, ClientError, document, passthrough
from faas_stream.answers.record import Record
from faas_stream.sources.whole_answer import end_of
from tests.fixtures import Serve
from tests.web.test_app import code

USAGE = {"input_tokens": 1, "output_tokens": 2}
CHAT = {"object": "chat.completion", "choices": [{"message": {"content": "x"}, "finish_reason": "length"}]}
MESSAGE = {"type": "message", "content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn"}
RESPONSE = {"object": "response", "status": "completed", "output": []}


@pytest.mark.parametrize(
    ("answer", "reason", "usage"),
    [
        ({**CHAT, "usage": USAGE}, "length", USAGE),
        ({**MESSAGE, "usage": USAGE}, "stop", USAGE),
        ({**RESPONSE, "usage": USAGE}, "stop", USAGE),
        ({"object": "response", "status": "in_progress", "usage": None}, None, None),
        ({"object": "list", "data": [], "usage": USAGE}, None, USAGE),
        ({"usage": "none"}, None, None),
        ([], None, None),
    ],
)
def test_the_end_of_a_whole_answer_is_known(answer: Any, reason: str | None, usage: Any) -> None:
    assert end_of(json.dumps(answer).encode()) == (reason, usage)


def test_what_is_no_json_has_no_end() -> None:
    assert end_of(b"<html>") == end_of(b"") == end_of(b"{") == (None, None)


@pytest.mark.parametrize("size", [1, 200_000], ids=["small", "larger than a client takes at once"])
def test_the_record_of_a_whole_answer_has_its_end(serve: Serve, logged: list[Record], size: int) -> None:
    body = json.dumps({**CHAT, "usage": USAGE, "own": "x" * size}).encode()
    response = serve(lambda _req: document(body, headers={"X-Request-Id": "r"})).post("/")
    assert (response.data, response.headers["X-Request-Id"]) == (body, "r")
    assert [(record.outcome, record.finish_reason, record.usage) for record in logged] == [
        ("complete", "length", USAGE)
    ]


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "upstream_rejected"), (429, "upstream_rate_limited"), (503, "upstream_error")]
)
def test_the_record_of_a_relayed_refusal_has_upstreams_reason(
    serve: Serve, logged: list[Record], status: int, outcome: str
) -> None:
    body = json.dumps({"error": {"code": "own_code", "type": "own_type", "param": "n", "message": "a prompt"}}).encode()
    response = serve(lambda _req: document(body, status)).post("/")
    assert (response.status_code, response.data) == (status, body)
    assert [(record.outcome, record.upstream) for record in logged] == [
        (
            outcome,
            {
                "upstream_code": "own_code",
                "upstream_type": "own_type",
                "upstream_param": "n",
                "upstream_status": str(status),
            },
        )
    ]


def test_the_record_of_an_error_that_a_handler_raises_has_upstreams_reason(serve: Serve, logged: list[Record]) -> None:
    def handle(_req: Any) -> Any:
        response = Response(429, request=Request("POST", "https://upstream.test"))
        raise openai.RateLimitError("no", response=response, body={"code": "own_code", "type": "own_type"})

    assert serve(handle).post("/").status_code == 429
    assert logged[0].upstream == {
        "upstream_code": "own_code",
        "upstream_type": "own_type",
        "upstream_status": "429",
    }


def anthropic_api(_request: flask.Request) -> Api:
    return Api("anthropic", wants_stream=True)


@pytest.mark.parametrize(("status", "kind"), [(400, "invalid_request_error"), (403, "permission_error")])
def test_errors_have_the_shape_of_the_api(serve: Serve, status: int, kind: str) -> None:
    def handle(_req: Any) -> Any:
        raise ClientError("Not so.", status=status, code="own")

    response = serve(handle, {"api": anthropic_api}).post("/")
    error = {"type": kind, "message": "Not so.", "code": "own"}
    assert (response.status_code, response.get_json()) == (status, {"type": "error", "error": error})


def test_a_late_refusal_keeps_its_code_and_message_in_the_shape_of_the_api(serve: Serve, logged: list[Record]) -> None:
    async def handle(_req: Any) -> Any:
        await asyncio.sleep(0.5)  # ten times as long as the status is held back
        error = {"type": "overloaded_error", "message": "Overloaded, later."}
        return document(json.dumps({"type": "error", "error": error}).encode(), 529)

    client = serve(handle, {"api": anthropic_api}, commit_after="50ms", heartbeat_interval="50ms")
    response = client.post("/", headers={"Accept": "application/json"})
    frames = response.text.split("\n\n")
    assert (response.status_code, frames[0]) == (200, 'event: ping\ndata: {"type": "ping"}')
    name, data = frames[-2].split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: ")) == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded, later."},
    }
    assert (logged[0].outcome, logged[0].upstream["upstream_status"]) == ("upstream_error", "529")


def test_an_api_that_wants_no_stream_gets_none_however_late_the_answer_is(serve: Serve) -> None:
    async def handle(_req: Any) -> Any:
        await asyncio.sleep(0.5)
        return document(json.dumps(CHAT).encode())

    module = {"api": lambda _request: Api("openai", wants_stream=False)}
    response = serve(handle, module, commit_after="50ms").post("/", headers={"Accept": "text/event-stream"})
    assert (response.content_type, response.get_json()) == ("application/json", CHAT)


@pytest.mark.parametrize("response", [None, "text", object()])
def test_passthrough_says_what_it_needs(serve: Serve, response: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert code(serve(lambda _req: passthrough(response)).post("/")) == "internal_error"
    assert "client.send(request, stream=True)" in capsys.readouterr().err

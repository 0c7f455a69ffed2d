"""`call` itself: the request that it sends, the answer that it returns, and arguments that make no sense."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import request

from faas_stream import ClientError, Record, stream
from faas_stream.testing import HttpError, ScriptError, call
from tests.testing.handler import handle


def echo(req: str) -> Any:
    if request.path == "/refused":
        raise ClientError("Not you.", status=403, code="not_you")
    return {
        "body": req, "method": request.method, "path": request.path, "query": request.args.to_dict(flat=False),
        "type": request.content_type, "accept": request.headers.get("Accept"), "mine": request.headers.get("X-Mine"),
    }  # fmt: skip


def test_the_request_is_what_the_test_says() -> None:
    answer = call(echo, "Hello", path="/a b/ä", query={"x": "1", "y": ["2", "3 4"]}, headers={"x-mine": "so"})
    assert answer.json == {
        "body": "Hello", "method": "POST", "path": "/a b/ä", "query": {"x": ["1"], "y": ["2", "3 4"]},
        "type": "text/plain; charset=utf-8", "accept": "text/event-stream", "mine": "so",
    }  # fmt: skip


def test_a_body_of_objects_is_json_and_own_headers_take_precedence() -> None:
    answer = call(echo, {"prompt": "Grüße"}, headers={"accept": "image/png"}, method="PUT")
    assert (json.loads(answer.json["body"]), answer.json["type"]) == ({"prompt": "Grüße"}, "application/json")
    assert (answer.json["accept"], answer.json["method"]) == ("image/png", "PUT")
    assert call(echo, b"\xff", accept=None, headers={"Content-Type": "x/y"}).json["type"] == "x/y"
    assert call(echo, method="GET", accept=None).json["accept"] is None


def test_a_prompt_in_the_query_is_a_get() -> None:
    answer = call(handle, method="GET", query={"message": "Hello"}, upstream=["Hi"])
    assert answer.requests[0].json["messages"] == [{"role": "user", "content": "Hello"}]


def test_an_error_response_has_its_code() -> None:
    answer = call(echo, path="/refused")
    assert (answer.status, answer.error, answer.text) == (403, ("not_you", "Not you."), "")
    assert call(handle, "").error == ("empty_prompt", call(handle, "").json["error"]["message"])


def test_a_response_of_flask_is_its_text() -> None:
    answer = call(lambda req: f"You wrote {req}", "ä")
    assert (answer.status, answer.text, answer.record, answer.error) == (200, "You wrote ä", None, None)


def test_what_the_server_refuses_by_itself_is_an_answer() -> None:
    answer = call(echo, b"x" * 3_000_000)
    assert (answer.status, answer.error_code) == (413, "body_too_large")
    with pytest.raises(UnicodeEncodeError):
        call(echo, headers={"X-Mine": "\u2026"})


def test_a_large_answer_arrives_whole() -> None:
    answer = call(lambda _req: stream(iter(["x" * 1000] * 5000)))
    assert len(answer.text) == 5_000_000


def test_answers_are_not_mixed_up_between_threads() -> None:
    texts = []
    threads = [
        threading.Thread(target=lambda text=text: texts.append((text, call(handle, text, upstream=[text]).text)))
        for text in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == [(text, text) for text in "abcd"]


def test_on_end_has_run_when_call_returns() -> None:
    records: list[Record] = []
    answer = call(lambda _req: stream(iter(["a", "b"]), on_end=records.append), "x")
    assert [record.text for record in records] == ["ab"]
    assert answer.record is not None
    assert (answer.record.text, answer.record.outcome, answer.record.events) == ("ab", "complete", 2)


def test_a_generator_without_upstream_ends_when_the_client_disconnects() -> None:
    closed = []

    def source() -> Iterator[str]:
        try:
            while True:
                yield "again "
        finally:
            closed.append(True)

    answer = call(lambda _req: stream(source()), disconnect_after=3)
    assert answer.outcome == "client_disconnected"
    assert closed


def test_other_arguments_that_make_no_sense() -> None:
    with pytest.raises(TypeError, match=r"call\(\) got 'handle', but it needs a handler's module or its function"):
        call("handle", "x")
    with pytest.raises(ValueError, match="disconnect_after is -1"):
        call(handle, "x", disconnect_after=-1)
    with pytest.raises(ValueError, match="HttpError's status is 200, but an error's is 400 to 599: use HttpResponse"):
        HttpError(200)


def test_a_client_that_cannot_disconnect_in_time_is_reported() -> None:
    with pytest.raises(ScriptError, match="ended before the client could disconnect after 9 events"):
        call(lambda _req: stream(iter(["a", "b"])), "x", disconnect_after=9)


def test_an_answer_is_short_in_a_failed_assertion() -> None:
    answer = call(handle, "x", upstream=["x" * 500])
    assert repr(answer).startswith("<Answer status=200, text='xxx")
    assert len(repr(answer)) < 500

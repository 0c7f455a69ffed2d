"""The mock over plain HTTP: keys, errors, headers, counters, and clients that disconnect."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import httpx2
import pytest

CHAT = "/v1/chat/completions"
QUESTION = {"messages": [{"role": "user", "content": "echo: one two three four five six seven"}]}
STREAM = {**QUESTION, "model": "mock-fast", "stream": True}

Report = Callable[..., dict[str, Any]]


def error(response: httpx2.Response) -> dict[str, Any]:
    """The error of a response, whose shape is checked."""
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    found: dict[str, Any] = body["error"]
    return found


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer invalid"},
        {"Authorization": "Bearer sk-invalid-1"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer"},
        {"api-key": "invalid"},
    ],
)
def test_no_key_or_a_wrong_one_is_401(address: str, headers: dict[str, str]) -> None:
    response = httpx2.post(address + CHAT, json=STREAM, headers=headers)
    assert response.status_code == 401
    assert "sk-invalid-1" not in error(response)["message"]


@pytest.mark.parametrize("headers", [{"Authorization": "bearer x"}, {"api-key": "x"}])
def test_any_other_key_is_accepted(address: str, headers: dict[str, str]) -> None:
    assert httpx2.post(address + CHAT, json=STREAM, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, None),
        (b"", 400, None),
        (b"[]", 400, "invalid_type"),
        (b"\xff\xfe", 400, None),
        (b"[" * 100_000, 400, None),
        (b'{"messages": []}', 400, "missing_required_parameter"),
        (b'{"model": "mock"}', 400, "missing_required_parameter"),
        (b'{"model": "unheard-of"}', 404, "model_not_found"),
    ],
)
def test_a_bad_body_is_answered_in_openais_shape(http: httpx2.Client, body: bytes, status: int, code: str) -> None:
    response = http.post(CHAT, content=body)
    assert (response.status_code, error(response)["code"]) == (status, code)


def test_wrong_paths_and_methods_are_answered_in_openais_shape(http: httpx2.Client) -> None:
    assert error(http.post("/v1/nothing"))["type"] == "invalid_request_error"
    assert error(http.get(CHAT))["code"] == "method_not_supported"
    assert http.get(CHAT).headers["allow"] == "POST"


def test_a_stream_holds_its_text_and_its_end(http: httpx2.Client) -> None:
    response = http.post(CHAT, json=STREAM)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    frames = response.text.split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    deltas = [json.loads(frame.removeprefix("data: "))["choices"][0]["delta"] for frame in frames[:-2]]
    assert "".join(delta.get("content", "") for delta in deltas) == "one two three four five six seven"


def test_every_answer_has_an_id_of_its_own_and_rate_limits(http: httpx2.Client) -> None:
    answers = [http.post(CHAT, json=STREAM), http.get("/v1/models"), http.post(CHAT, content=b"{")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    assert all("x-ratelimit-limit-requests" in answer.headers for answer in answers)


def test_a_refusal_because_of_the_rate_has_retry_after(http: httpx2.Client) -> None:
    response = http.post(CHAT, json={**STREAM, "model": "mock-429"})
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert response.headers.get_list("x-ratelimit-remaining-requests") == ["0"]
    response = http.post(CHAT, json=STREAM, headers={"x-mock-fault": "429-30"})
    assert (response.status_code, response.headers["retry-after"]) == (429, "30")


def test_headers_set_the_pace(http: httpx2.Client) -> None:
    pace = {"x-mock-tokens-per-second": "100", "x-mock-time-to-first-token": "100ms", "x-mock-jitter": "0"}
    start_s = time.monotonic()
    assert http.post(CHAT, json={**QUESTION, "model": "mock"}, headers=pace).status_code == 200
    assert time.monotonic() - start_s >= 0.1 + 6 / 100
    bad = http.post(CHAT, json=STREAM, headers={"x-mock-jitter": "9"})
    assert bad.status_code == 400
    assert "x-mock-jitter" in error(bad)["message"]


def test_a_models_name_sets_the_pace(http: httpx2.Client) -> None:
    # At the default of 20 tokens per second it would take 400 s, longer than the limit that pytest has for a test.
    http.post(CHAT, json={**STREAM, "messages": [{"role": "user", "content": "long 8000"}]})


def test_tokens_are_sent_until_the_client_disconnects(http: httpx2.Client, calls: Report) -> None:
    body = {**STREAM, "model": "mock", "messages": [{"role": "user", "content": "long 5000"}]}
    with http.stream("POST", CHAT, json=body, headers={"x-mock-time-to-first-token": "0"}) as response:
        lines = response.iter_lines()
        for _ in range(6):
            next(lines)
        assert calls("open=1")["answers"] == {"open": 1, "finished": 0, "abandoned": 0}
    assert calls("open=0&abandoned=1")["answers"] == {"open": 0, "finished": 0, "abandoned": 1}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", ["silence", "silence-first"])
def test_a_client_that_disconnects_in_silence_is_noticed(address: str, calls: Report, fault: str, stream: bool) -> None:
    connection = HTTPConnection(address.removeprefix("http://"), timeout=60)
    headers = {"Authorization": "Bearer x", "x-mock-fault": fault}
    connection.request("POST", CHAT, json.dumps({**STREAM, "stream": stream}), headers)
    assert calls("open=1")["answers"]["open"] == 1
    connection.close()
    assert calls("open=0&abandoned=1")["answers"] == {"open": 0, "finished": 0, "abandoned": 1}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/responses"])
def test_a_broken_connection_breaks(http: httpx2.Client, path: str, stream: bool) -> None:
    body = {**STREAM, "stream": stream, "model": "mock-broken-fast", "prompt": "echo: a b", "input": "echo: a b"}
    with pytest.raises(httpx2.RemoteProtocolError):
        http.post(path, json=body)


def test_calls_are_reported_without_the_key_and_reset(http: httpx2.Client, calls: Report) -> None:
    http.post(CHAT, json=STREAM)
    http.get("/v1/models")
    report = calls("open=0&finished=1")
    assert report["calls"] == {CHAT: 1, "/v1/models": 1}
    assert report["tokens_sent"] == 7
    assert report["last"]["path"] == "/v1/models"
    assert "key-of-test" not in json.dumps(report)
    assert http.delete("/mock/calls").status_code == 204
    assert calls()["calls"] == {}


def test_a_bad_question_about_calls_is_a_400(http: httpx2.Client) -> None:
    assert http.get("/mock/calls?wait=soon").status_code == 400
    assert http.get("/mock/calls?open=none").status_code == 400


def test_the_root_answers_with_the_readme(address: str) -> None:
    response = httpx2.get(address)
    assert response.headers["content-type"].startswith("text/plain")
    assert "mock-openai" in response.text

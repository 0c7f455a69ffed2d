"""Anthropic's endpoints: its SDK as it is, its own shape of errors and heartbeats, and the same rules about models."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest
from anthropic import Anthropic

from tests.fronts import DIRECT, Front, serve
from tests.platform.running import Running
from tests.raw_upstream import RawCall, RawUpstream

MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"
ASKED: dict[str, Any] = {"model": "cheap", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
ANSWER = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "cheap", "stop_reason": "tool_use",
    "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 5},
    "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    ],
}  # fmt: skip
EVENTS = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",'
    b'"model":"cheap","content":[],"stop_reason":null,"stop_sequence":null,'
    b'"usage":{"input_tokens":3,"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"Hello"}}\n\n'
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
    b'"usage":{"output_tokens":5}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


@pytest.fixture(scope="module")
def settings(raw: RawUpstream, folder: Path) -> dict[str, str]:
    """The settings of a proxy with Anthropic's endpoints, whose secrets are in the folder."""
    (folder / ".secrets" / "anthropic-api-key").write_text("anthropic-key\n")
    (folder / ".secrets" / "callers").write_text("token-of-ann\n")
    return {"anthropic_base_url": raw.url, "auth_secret": "callers", "allowed_models": "cheap"}


@pytest.fixture(scope="module")
def proxy(front: Front, folder: Path, settings: dict[str, str]) -> Iterator[Running]:
    with serve(front, folder, settings, commit_after="60s") as running:
        yield running


@pytest.fixture(scope="module")
def early(front: Front, folder: Path, settings: dict[str, str]) -> Iterator[Running]:
    """A proxy that begins an event stream before upstream answers."""
    with serve(front, folder, settings, commit_after="300ms", heartbeat_interval="300ms") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_earlier_calls(raw: RawUpstream) -> None:
    raw.calls.clear()


@pytest.fixture
def sdk(proxy: Running) -> Iterator[Anthropic]:
    with Anthropic(api_key="token-of-ann", base_url=proxy.url, max_retries=0, timeout=60) as client:
        yield client


def test_a_message_is_relayed_unchanged(sdk: Anthropic, proxy: Running, raw: RawUpstream) -> None:
    raw.says(ANSWER)
    assert sdk.messages.create(**ASKED).to_dict() == ANSWER
    record = json.loads(proxy.wait_for_line('"outcome": "complete"'))
    assert (record["finish_reason"], record["usage"]) == ("tool_calls", ANSWER["usage"])


def test_a_stream_is_relayed_byte_for_byte(sdk: Anthropic, proxy: Running, raw: RawUpstream) -> None:
    raw.says(EVENTS, content_type="text/event-stream")
    with sdk.messages.stream(**ASKED) as stream:
        assert "".join(stream.text_stream) == "Hello"
    headers = {"X-Api-Key": "token-of-ann", "Accept": "text/event-stream"}
    response = httpx.post(proxy.url + MESSAGES, json={**ASKED, "stream": True}, headers=headers, timeout=60)
    assert response.content == EVENTS


def test_a_message_in_place_of_a_stream_becomes_its_events(sdk: Anthropic, raw: RawUpstream) -> None:
    raw.says(ANSWER)
    with sdk.messages.stream(**ASKED) as stream:
        assert stream.get_final_message().to_dict()["content"] == ANSWER["content"]
        assert stream.get_final_message().stop_reason == "tool_use"


def test_tokens_are_counted(sdk: Anthropic, raw: RawUpstream) -> None:
    raw.says({"input_tokens": 7})
    assert sdk.messages.count_tokens(model="cheap", messages=ASKED["messages"]).input_tokens == 7
    assert raw.calls[0].path == COUNT


def test_upstream_gets_its_own_key_and_anthropics_headers(proxy: Running, raw: RawUpstream) -> None:
    raw.says(ANSWER)
    passed = {"anthropic-version": "2099-01-01", "anthropic-beta": "b1,b2"}
    own = {"X-Api-Key": "token-of-ann", "Cookie": "c=token-of-ann", "anthropic-organization-id": "token-of-ann"}
    body = json.dumps(ASKED, indent=3).encode()
    assert httpx.post(proxy.url + MESSAGES, content=body, headers={**passed, **own}, timeout=60).status_code == 200
    call = raw.calls[0]
    assert (call.path, call.body, call.header("X-Api-Key")) == (MESSAGES, body, "anthropic-key")
    assert {name: call.header(name) for name in passed} == passed
    assert "token-of-ann" not in call.head
    assert call.header("Authorization") == ""
    httpx.post(proxy.url + MESSAGES, content=body, headers={"Authorization": "Bearer token-of-ann"}, timeout=60)
    assert raw.calls[1].header("anthropic-version") == "2023-06-01"


def test_errors_have_anthropics_shape(proxy: Running, raw: RawUpstream) -> None:
    raw.says(b"<html>", content_type="text/html", status="503 Down")
    token = {"X-Api-Key": "token-of-ann"}
    found = []
    for headers, body in [({}, ASKED), (token, {**ASKED, "model": "dear"}), (token, []), (token, ASKED)]:
        response = httpx.post(proxy.url + MESSAGES, json=body, headers=headers, timeout=60)
        said = response.json()
        assert said["type"] == "error"
        assert said["error"]["message"]
        found.append((response.status_code, said["error"]["type"]))
    assert found == [
        (401, "authentication_error"),
        (403, "permission_error"),
        (400, "invalid_request_error"),
        (503, "api_error"),
    ]


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        ("400 Bad", "invalid_request_error", anthropic.BadRequestError),
        ("429 Slow", "rate_limit_error", anthropic.RateLimitError),
        ("529 Full", "overloaded_error", anthropic.InternalServerError),
    ],
)
def test_upstreams_errors_are_the_sdks_own(
    sdk: Anthropic, raw: RawUpstream, status: str, kind: str, expected: type[anthropic.APIStatusError]
) -> None:
    body = {"type": "error", "error": {"type": kind, "message": "no"}, "request_id": "req_1"}
    raw.says(body, status=status, more="request-id: req_1\r\n")
    with pytest.raises(expected) as raised:
        sdk.messages.create(**ASKED)
    assert (raised.value.body, raised.value.request_id) == (body, "req_1")


@pytest.mark.parametrize("status", ["401 No", "403 No"])
def test_a_refused_key_is_the_servers_error(sdk: Anthropic, raw: RawUpstream, status: str) -> None:
    raw.says(
        {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}, status=status
    )
    with pytest.raises(anthropic.InternalServerError) as raised:
        sdk.messages.create(**ASKED)
    body: Any = raised.value.body
    assert (raised.value.status_code, body["error"]["type"]) == (502, "api_error")


def test_silence_is_filled_with_pings_and_a_late_refusal_is_an_error_event(early: Running, raw: RawUpstream) -> None:
    gate = threading.Event()

    def late(call: RawCall) -> None:
        call.read_body()
        gate.wait(20)
        error = {"type": "overloaded_error", "message": "Later."}
        call.answer(json.dumps({"type": "error", "error": error}).encode(), status="529 Full")

    raw.script = late
    body = {**ASKED, "stream": True}
    headers = {"X-Api-Key": "token-of-ann", "Accept": "application/json"}
    with httpx.stream("POST", early.url + MESSAGES, json=body, headers=headers, timeout=60) as response:
        seen = b""
        for piece in response.iter_bytes():
            seen += piece
            if PING in seen:
                gate.set()
    name, data = (
        [frame for frame in seen.decode().split("\n\n") if "event: error" in frame][-1].strip().split("\n")[-2:]
    )
    assert (response.status_code, name) == (200, "event: error")
    assert json.loads(data.removeprefix("data: "))["error"] == {"type": "overloaded_error", "message": "Later."}


def test_a_stream_that_is_cut_is_an_error_of_the_sdks(sdk: Anthropic, raw: RawUpstream) -> None:
    raw.says(EVENTS.rpartition(b"event: message_delta")[0], content_type="text/event-stream")
    with pytest.raises(anthropic.APIError), sdk.messages.stream(**ASKED) as stream:
        list(stream.text_stream)


def test_without_anthropic_base_url_the_error_names_that_setting(folder: Path) -> None:
    with serve(DIRECT, folder) as proxy:
        response = httpx.post(proxy.url + MESSAGES, json=ASKED, timeout=60)
    assert (response.status_code, response.json()["error"]["type"]) == (404, "not_found_error")
    assert "`anthropic_base_url`" in response.json()["error"]["message"]

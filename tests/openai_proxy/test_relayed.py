"""What the proxy relays: upstream's bytes as they come, and the headers that concern the other side."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.faults.client import Client
from tests.fronts import DIRECT, Front, serve, wait_for_record
from tests.platform.ports import free_port
from tests.platform.running import Running
from tests.recordings import NAMES, needs_recordings, recording
from tests.upstream import Call, Upstream

SSE = {"Accept": "text/event-stream"}
CHAT = "/v1/chat/completions"
ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}


@pytest.fixture(scope="module")
def proxy(front: Front, server: Upstream, folder: Path) -> Iterator[Running]:
    with serve(front, folder, openai_base_url=server.url, heartbeat_interval="1s") as running:
        yield running


@pytest.fixture
def sdk(proxy: Running) -> Iterator[OpenAI]:
    with OpenAI(api_key="callers-own", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
        yield client


def streamed(proxy: Running, body: Any = ASKED, headers: dict[str, str] = SSE) -> httpx.Response:
    return httpx.post(proxy.url + CHAT, json=body, headers=headers, timeout=60)


@needs_recordings
@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_stream_arrives_byte_for_byte(proxy: Running, upstream: Upstream, name: str) -> None:
    recorded = recording(name)

    def replay(call: Call) -> None:
        for start in range(0, len(recorded), 700):
            call.raw(recorded[start : start + 700])
        call.end()

    upstream.script = replay
    path = "/v1/responses" if "responses" in name else CHAT
    response = httpx.post(proxy.url + path, json={"model": "m", "stream": True}, headers=SSE, timeout=60)
    assert response.content == recorded
    assert response.headers["content-type"] == "text/event-stream"
    assert upstream.calls[0].path == path


def test_a_body_goes_upstream_as_it_came(proxy: Running, upstream: Upstream) -> None:
    body = b'{ "model":"m",\n\t"messages" : [],  "unknown": "\xe2\x82\xac \\u20ac", "n": 1.0 }\n'
    httpx.post(proxy.url + CHAT, content=body, timeout=60)
    seen = upstream.calls[0]
    assert seen.headers["Content-Length"] == str(len(body))
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.body == json.loads(body)


def test_upstream_learns_nothing_of_the_caller_but_what_concerns_the_answer(proxy: Running, upstream: Upstream) -> None:
    passed = {"Idempotency-Key": "i", "OpenAI-Beta": "b", "X-Client-Request-Id": "c", "User-Agent": "u", **SSE}
    kept = {
        "Authorization": "Bearer callers-own",
        "api-key": "callers-own",
        "X-Api-Key": "callers-own",
        "Cookie": "session=callers-own",
        "OpenAI-Organization": "callers-own",
        "OpenAI-Project": "callers-own",
        "X-Forwarded-For": "192.0.2.1",
        "X-Call-Id": "callers-own",
    }
    streamed(proxy, headers={**passed, **kept})
    seen = upstream.calls[0].headers
    assert seen["Authorization"] == "Bearer test-key"
    assert {name: seen[name] for name in passed} == passed
    assert {name.lower() for name in seen} == {name.lower() for name in passed} | {
        "authorization", "host", "content-type", "content-length", "accept-encoding", "connection",
    }  # fmt: skip


def test_the_caller_learns_of_upstream_what_it_needs_and_nothing_of_the_account(
    proxy: Running, upstream: Upstream
) -> None:
    shown = {
        "x-request-id": "req_1", "retry-after": "7", "retry-after-ms": "7000", "x-ratelimit-remaining-tokens": "12",
        "x-ratelimit-reset-requests": "6ms", "openai-processing-ms": "3", "x-should-retry": "false",
    }  # fmt: skip
    hidden = {
        "set-cookie": "__cf_bm=1", "openai-organization": "org-ours", "openai-project": "proj_ours", "cf-ray": "r",
        "server-timing": "s", "alt-svc": "h3", "strict-transport-security": "max-age=1",
    }  # fmt: skip
    both = [*shown.items(), *hidden.items()]
    body = {"error": {"message": "slower", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
    upstream.script = lambda call: call.refuse(429, body, both)
    refused = streamed(proxy)

    def answer(call: Call) -> None:
        call.start(200, both)
        call.finish()

    upstream.script = answer
    answered = streamed(proxy)
    for response in (refused, answered):
        assert {name: response.headers[name] for name in shown} == shown
        assert not hidden.keys() & response.headers.keys()
    assert (refused.status_code, refused.json()) == (429, body)


@pytest.mark.parametrize("status", [401, 403, 302])
def test_an_answer_about_our_key_or_address_is_not_shown(proxy: Running, upstream: Upstream, status: int) -> None:
    body = {"error": {"message": "Incorrect API key provided: test-k*y", "code": "invalid_api_key"}}
    elsewhere = [("Location", f"http://127.0.0.1:{upstream.port}/elsewhere?test-key")]
    upstream.script = lambda call: call.refuse(status, body, elsewhere)
    response = streamed(proxy)
    assert response.status_code == 502
    assert "test-k" not in f"{response.text}{response.headers}"
    assert len(upstream.calls) == 1


def test_each_delta_is_read_before_upstream_sends_the_next(proxy: Running, upstream: Upstream) -> None:
    read = threading.Semaphore(0)

    def one_by_one(call: Call) -> None:
        for number in range(4):
            call.delta(f"token {number}")
            assert read.acquire(timeout=60), "the client has not received the last token"
        call.finish()

    upstream.script = one_by_one
    seen = []
    with OpenAI(api_key="k", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
        for chunk in client.chat.completions.create(**ASKED):
            if chunk.choices and chunk.choices[0].delta.content:
                seen.append(chunk.choices[0].delta.content)
                read.release()
    assert seen == [f"token {number}" for number in range(4)]
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
@pytest.mark.parametrize("said", ["", "headers", "delta"])
def test_a_client_that_disconnects_closes_upstreams_connection(
    proxy: Running, upstream: Upstream, accept: str, said: str
) -> None:
    def silent(call: Call) -> None:
        if said:
            call.start()
        if said == "delta":
            call.delta("x" * 5000)  # more than a hop without padding holds back
        call.wait_for_disconnect()

    upstream.script = silent
    with Client(proxy, CHAT, json.dumps(ASKED), accept=accept) as reader:
        call = upstream.wait_for_call()
        if said == "delta":
            reader.until(b"xxx")
        assert not call.disconnected.is_set()
    assert call.disconnected.wait(30)
    assert len(upstream.calls) == 1
    assert streamed_text(proxy, upstream) == "after"


def streamed_text(proxy: Running, upstream: Upstream) -> str:
    def answer(call: Call) -> None:
        call.delta("after")
        call.finish()

    upstream.script = answer
    first = streamed(proxy).text.split("\n\n")[0]
    return str(json.loads(first.removeprefix("data: "))["choices"][0]["delta"]["content"])


def test_silence_is_filled_and_the_sdk_reads_on(sdk: OpenAI, upstream: Upstream) -> None:
    beats = threading.Event()

    def pause(call: Call) -> None:
        call.delta("before")
        beats.wait(2.5)  # two heartbeats
        call.delta("after")
        call.finish()

    upstream.script = pause
    chunks = [chunk for chunk in sdk.chat.completions.create(**ASKED) if chunk.choices]
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["before", "after", None]


def test_connections_to_upstream_are_used_again(proxy: Running, upstream: Upstream) -> None:
    together = threading.Barrier(3)

    def answer(call: Call) -> None:
        together.wait(10)
        call.finish()

    upstream.script = answer
    for _ in range(2):
        with ThreadPoolExecutor(3) as readers:
            list(readers.map(lambda _: streamed(proxy), range(3)))
    upstream.script = lambda call: call.refuse(200, {"object": "list", "data": []})
    httpx.get(f"{proxy.url}/v1/models", timeout=60)
    ports = {call.client[1] for call in upstream.calls}
    assert (len(upstream.calls), len(ports)) == (7, 3)


def test_an_end_marker_that_upstream_leaves_out_is_added(proxy: Running, upstream: Upstream) -> None:
    def without_done(call: Call) -> None:
        call.delta("all of it")
        call.chunk({}, "stop")
        call.end()

    upstream.script = without_done
    assert streamed(proxy).text.endswith('"finish_reason": "stop"}]}\n\ndata: [DONE]\n\n')


@pytest.mark.parametrize("ending", [Call.end, Call.cut], ids=["clean", "broken"])
def test_a_stream_cut_short_ends_in_an_error_frame(proxy: Running, upstream: Upstream, ending: Any) -> None:
    def half(call: Call) -> None:
        call.delta("half of")
        ending(call)

    upstream.script = half
    code = "upstream_error" if ending is Call.end else "upstream_unreachable"
    response = httpx.post(proxy.url + CHAT, json=ASKED, timeout=60)
    if response.status_code == 200:
        first, last = (json.loads(line.removeprefix("data: ")) for line in response.text.split("\n") if "{" in line)
        assert first["choices"][0]["delta"]["content"] == "half of"
        assert last["error"]["code"] == code
    else:  # a break can take the half that was sent with it
        assert ending is not Call.end
        assert (response.status_code, response.json()["error"]["code"]) == (502, code)
    wait_for_record(proxy, code)


def test_an_empty_success_is_a_failure(proxy: Running, upstream: Upstream) -> None:
    upstream.script = Call.answer_nothing
    response = streamed(proxy)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_error")


def test_nothing_is_sent_upstream_again_after_it_breaks_off(proxy: Running, upstream: Upstream) -> None:
    upstream.script = Call.cut
    response = httpx.post(proxy.url + CHAT, json={"model": "m"}, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_unreachable")
    assert len(upstream.calls) == 1


def test_an_upstream_that_is_down_is_an_error_of_the_sdks(folder: Path) -> None:
    with (
        serve(DIRECT, folder, openai_base_url=f"http://127.0.0.1:{free_port()}/v1") as proxy,
        OpenAI(api_key="k", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client,
    ):
        with pytest.raises(openai.InternalServerError) as raised:
            client.chat.completions.create(**ASKED)
        assert (raised.value.status_code, raised.value.code) == (502, "upstream_unreachable")

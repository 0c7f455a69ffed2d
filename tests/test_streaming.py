"""A function streams an answer, which is the bundle's main job: as a process, directly and behind each watchdog."""

import json
import threading
from collections.abc import Iterator

import httpx
import httpx_sse
import pytest
import sseclient

from tests.fronts import FUNCTIONS, Front, lay_out, serve, wait_for_record
from tests.platform.running import Running
from tests.upstream import USAGE, Call, Upstream

DELTAS = [
    "Calorie",
    " dense",
    " foods:\n\n",
    "- nuts 🥜\n",
    "- cheese\r\n",
    "- 油\u2028",
    " and\n",
    "\n",
    "```py\nx = 1\n```",
]
TEXT = "".join(DELTAS)
AS_SSE = TEXT.replace("\r\n", "\n")
QUESTION = "What are some calorie dense foods?"


def answer_all(call: Call) -> None:
    call.chunk({"role": "assistant", "content": ""})
    call.delta(*DELTAS)
    call.finish()


SCRIPT = answer_all
pytestmark = pytest.mark.usefixtures("upstream")


@pytest.fixture(scope="module", params=["stream-openai", "stream-langchain"])
def function(
    request: pytest.FixtureRequest, front: Front, server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One process for all tests: no test may change it for the next one."""
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / request.param)
    with serve(front, folder, openai_base_url=server.url, system_prompt="Be brief.") as running:
        yield running


def test_each_delta_is_a_frame_and_the_text_arrives_whole(function: Running, upstream: Upstream) -> None:
    accept = {"Accept": "text/event-stream"}
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(client, "POST", function.url, content=QUESTION) as source,
    ):
        assert source.response.headers["content-type"].startswith("text/event-stream")
        assert source.response.headers["cache-control"] == "no-cache, no-transform"
        assert source.response.headers["x-accel-buffering"] == "no"
        frames = [event.data for event in source.iter_sse()]
    assert frames == [*(delta.replace("\r\n", "\n") for delta in DELTAS), "[DONE]"]
    with httpx.stream("POST", function.url, content=QUESTION, headers=accept, timeout=60) as response:
        events = [event.data for event in sseclient.SSEClient(response.iter_bytes()).events()]
    assert "".join(events[:-1]) == AS_SSE
    assert upstream.calls[0].body["messages"][-1] == {"role": "user", "content": QUESTION}
    assert upstream.calls[0].body["messages"][0]["content"] == "Be brief."
    record = wait_for_record(function, "complete")
    assert record["finish_reason"] == "stop"
    assert record["usage"]["total_tokens"] == USAGE["total_tokens"]
    assert QUESTION not in "\n".join(function.output())


def test_a_delta_is_read_before_upstream_sends_the_next(function: Running, upstream: Upstream) -> None:
    read = threading.Semaphore(0)

    def one_by_one(call: Call) -> None:
        for number in range(5):
            call.delta(f"token {number}")
            assert read.acquire(timeout=60), "the client has not received the last token"
        call.finish()

    upstream.script = one_by_one
    received = []
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(client, "POST", function.url, content="hi") as source,
    ):
        for event in source.iter_sse():
            received.append(event.data)
            read.release()
    assert received == [*(f"token {number}" for number in range(5)), "[DONE]"]


def test_a_client_that_disconnects_closes_upstream_within_two_tokens(function: Running, upstream: Upstream) -> None:
    gone = threading.Event()
    sent_after = []

    def endless(call: Call) -> None:
        call.delta("first")
        assert gone.wait(10)
        for number in range(100):
            call.delta("later")
            sent_after.append(number)
            if call.disconnected.wait(0.2):
                break
        call.wait_for_disconnect()

    upstream.script = endless
    with httpx.stream(
        "POST", function.url, content="hi", headers={"Accept": "text/event-stream"}, timeout=60
    ) as response:
        next(response.iter_bytes())
    gone.set()
    assert upstream.wait_for_call().disconnected.wait(30)
    assert len(sent_after) <= 2 + 1  # the kernel accepts one more delta before upstream can notice the disconnect
    wait_for_record(function, "client_disconnected")


def test_accept_chooses_the_shape_of_the_answer(function: Running) -> None:
    def ask(accept: str) -> httpx.Response:
        return httpx.post(function.url, content=QUESTION, headers={"Accept": accept}, timeout=60)

    document = ask("application/json")
    assert document.headers["content-type"] == "application/json"
    assert document.json()["text"] == TEXT
    assert document.json()["finish_reason"] == "stop"
    assert document.json()["usage"]["total_tokens"] == USAGE["total_tokens"]
    assert ask("text/plain").content.decode() == TEXT
    lines = [json.loads(line) for line in ask("application/x-ndjson").content.decode().splitlines()]
    assert "".join(line.get("text", "") for line in lines) == TEXT
    assert lines[-1]["finish_reason"] == "stop"
    refused = ask("image/png")
    assert (refused.status_code, refused.json()["error"]["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize(
    ("status", "headers", "expected", "code"),
    [
        (401, [], 502, "upstream_auth"),
        (429, [("Retry-After", "7")], 429, "upstream_rate_limited"),
        (400, [], 502, "upstream_rejected"),
        (500, [], 502, "upstream_error"),
    ],
)
def test_a_refusal_by_upstream_is_a_status_and_one_json_error(
    function: Running, upstream: Upstream, status: int, headers: list[tuple[str, str]], expected: int, code: str
) -> None:
    upstream.script = lambda call: call.refuse(status, {"error": {"message": "sk-secret-text", "code": "x"}}, headers)
    response = httpx.post(function.url, content="hi", headers={"Accept": "text/event-stream"}, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (expected, code)
    assert "sk-secret-text" not in response.text
    assert response.headers.get("retry-after") == ("7" if headers else None)
    assert len(upstream.calls) == 1
    upstream.script = answer_all
    assert httpx.post(function.url, content="hi", headers={"Accept": "text/plain"}, timeout=60).text == TEXT


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("", "text/plain", 400, "empty_prompt"),
        ('{"messages": [', "application/json", 400, "invalid_json"),
        ('{"messages": [{"role": "pirate", "content": ""}]}', "application/json", 400, "bad_request"),
        ("a" * 2 * 1024 * 1024, "text/plain", 413, "body_too_large"),
    ],
)
def test_the_response_to_a_bad_request_says_what_is_wrong(
    function: Running, upstream: Upstream, body: str, content_type: str, status: int, code: str
) -> None:
    headers = {"Content-Type": content_type, "Accept": "text/event-stream"}
    response = httpx.post(function.url, content=body, headers=headers, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert upstream.calls == []
    assert httpx.post(function.url, content="hi", headers={"Accept": "text/plain"}, timeout=60).text == TEXT

"""Upstream's body decides how it is relayed, and the request's `stream` decides what comes back."""

import gzip
import json
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openai import OpenAI

from tests.faults.client import Client
from tests.fronts import Front, serve
from tests.openai_proxy.modules import load
from tests.platform.running import Running
from tests.raw_upstream import RawCall, RawUpstream

answers = load("answers")

CHAT = "/v1/chat/completions"
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
ANSWER = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "length"}],
}  # fmt: skip
EVENTS = (
    b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": null}]}\n\n'
    b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
)
ERROR = {"message": "No key sk-proj-ab12**cd in org-Ab12, project proj_99.", "type": "t", "param": None, "code": "own"}
HIDDEN = "No key [redacted] in [redacted], project [redacted]."
ACCEPTS = ["text/event-stream", "application/json", "*/*"]


@pytest.fixture(scope="module")
def proxy(front: Front, raw: RawUpstream, folder: Path) -> Iterator[Running]:
    with serve(front, folder, openai_base_url=raw.url, commit_after="60s") as running:
        yield running


@pytest.fixture(scope="module")
def early(front: Front, raw: RawUpstream, folder: Path) -> Iterator[Running]:
    """A proxy that begins an event stream before upstream answers."""
    with serve(front, folder, openai_base_url=raw.url, commit_after="300ms", heartbeat_interval="300ms") as running:
        yield running


def ask(proxy: Running, *, stream: bool | None = None, path: str = CHAT, accept: str = "*/*") -> httpx.Response:
    body = {"model": "m"} | ({} if stream is None else {"stream": stream})
    return httpx.post(proxy.url + path, json=body, headers={"Accept": accept}, timeout=60)


def code(response: httpx.Response) -> str:
    error = response.json()["error"]
    assert error["message"]
    return str(error["code"])


def text(response: httpx.Response) -> str:
    """The deltas of a stream, without the heartbeats and padding between them."""
    frames = [line.removeprefix("data: ") for line in response.text.split("\n") if line.startswith("data: {")]
    chunks = [json.loads(frame) for frame in frames]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk.get("choices"))


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("body", ['{"model": "m"}', '{"model": "m", "stream": false}', '{"model": "m", "stream": 1}'])
def test_a_late_whole_answer_is_json_whatever_accept_says(
    early: Running, raw: RawUpstream, accept: str, body: str
) -> None:
    gate = threading.Event()

    def late(call: RawCall) -> None:
        call.read_body()
        gate.wait(20)
        call.answer(json.dumps(ANSWER).encode())

    raw.script = late
    with Client(early, CHAT, body, accept=accept) as client:
        assert client.hears_nothing(0.7)  # the status of a stream would be sent earlier
        gate.set()
        assert (client.status, json.loads(client.read_all())) == (200, ANSWER)


@pytest.mark.parametrize("accept", ACCEPTS)
def test_a_late_refusal_of_a_stream_keeps_its_code_and_message(early: Running, raw: RawUpstream, accept: str) -> None:
    gate = threading.Event()

    def late(call: RawCall) -> None:
        call.read_body()
        gate.wait(20)
        call.answer(json.dumps({"error": ERROR}).encode(), status="429 Slow")

    raw.script = late
    with Client(early, CHAT, '{"model": "m", "stream": true}', accept=accept) as client:
        client.until(b": \n")  # a heartbeat: the status is sent
        gate.set()
        last = json.loads(client.read_all().decode().rstrip("\n").rpartition("data: ")[2])
        assert (client.status, last["error"]["code"], last["error"]["message"]) == (200, "own", HIDDEN)
        assert client.record()["outcome"] == "upstream_rate_limited"


def test_a_late_refusal_of_a_whole_answer_keeps_its_status(early: Running, raw: RawUpstream) -> None:
    gate = threading.Event()

    def late(call: RawCall) -> None:
        call.read_body()
        gate.wait(20)
        call.answer(json.dumps({"error": ERROR}).encode(), status="429 Slow")

    raw.script = late
    with Client(early, CHAT, '{"model": "m"}') as client:
        assert client.hears_nothing(0.7)
        gate.set()
        assert (client.status, json.loads(client.read_all())["error"]["code"]) == (429, "own")


@pytest.mark.parametrize("content_type", ["", "text/event-stream", "application/json", "text/html", "text/plain"])
@pytest.mark.parametrize("status", ["200 OK", "201 Created", "500 Wrong"])
def test_events_are_streamed_whatever_upstream_calls_them(
    proxy: Running, raw: RawUpstream, content_type: str, status: str
) -> None:
    raw.says(EVENTS, content_type=content_type, status=status)
    response = ask(proxy, stream=True, accept="text/event-stream")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/event-stream")
    assert response.content == EVENTS


def test_a_stream_is_recognized_by_a_comment(early: Running, raw: RawUpstream) -> None:
    gate = threading.Event()

    def slow(call: RawCall) -> None:
        call.read_body()
        call.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n: PROCESSING\n")
        gate.wait(20)
        call.send(EVENTS)
        call.close()

    raw.script = slow
    with Client(early, CHAT, '{"model": "m", "stream": true}') as client:
        client.until(b": PROCESSING")
        gate.set()
        assert client.read_all().endswith(EVENTS)


def test_a_refusal_written_as_an_event_keeps_its_status(proxy: Running, raw: RawUpstream) -> None:
    frame = b"data: " + json.dumps({"error": ERROR}).encode() + b"\n\n"
    raw.says(frame, status="429 Slow", content_type="text/event-stream")
    response = ask(proxy, stream=True)
    assert (response.status_code, code(response), response.json()["error"]["message"]) == (429, "own", HIDDEN)


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", ""])
def test_json_in_place_of_a_stream_becomes_chunks(proxy: Running, raw: RawUpstream, content_type: str) -> None:
    raw.says(ANSWER, content_type=content_type)
    assert text(ask(proxy, stream=True)) == "Hello"
    with OpenAI(api_key="k", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
        chunks = list(client.chat.completions.create(model="m", messages=[], stream=True))
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices] == [None, "length"]
    assert chunks[-1].usage
    assert chunks[-1].usage.total_tokens == 3


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html><body>Sign in</body></html>", "text/html"),
        (b"<!doctype html>", "application/json"),
        (b"upstream unavailable", "text/event-stream"),
        (b"data", ""),
        (b"", "application/json"),
        (b" \n ", "text/event-stream"),
        (b'{"error": {"code": "own", "message": "no"}}', "application/json"),
        (b'{"error": "no"}', "application/json"),
        (b'{"type": "error", "error": {}}', "text/event-stream"),
        (b'"a string"', "application/json"),
        (b'{"choices": [', "application/json"),
        (b"\x1f\x8b\x08\x00", "application/json"),
    ],
)
def test_what_is_no_answer_is_an_error_and_never_text(
    proxy: Running, raw: RawUpstream, body: bytes, content_type: str, stream: bool
) -> None:
    raw.says(body, content_type=content_type)
    response = ask(proxy, stream=stream)
    assert response.status_code == 502
    assert code(response) == ("own" if b"own" in body else "upstream_error")


@pytest.mark.parametrize("status", ["503 Down", "404 Not Found", "429 Slow"])
def test_a_page_of_html_keeps_the_status_of_a_refusal(proxy: Running, raw: RawUpstream, status: str) -> None:
    raw.says(b"<html>nginx</html>", content_type="text/html", status=status, more="Retry-After: 7\r\n")
    response = ask(proxy)
    assert (response.status_code, code(response)) == (int(status[:3]), "upstream_error")
    assert response.headers["Retry-After"] == "7"
    assert "nginx" not in response.text


@pytest.mark.parametrize("status", ["101 Switching", "304 Not Modified", "307 Moved", "600 x", "999 x", "99 x", "abc"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_status_that_no_client_expects_is_502(proxy: Running, raw: RawUpstream, status: str, stream: bool) -> None:
    raw.says(ANSWER, status=status, more="Location: http://127.0.0.1:1/\r\nConnection: close\r\n")
    response = ask(proxy, stream=stream)
    assert response.status_code == 502
    assert code(response).startswith("upstream_")


@pytest.mark.parametrize("status", ["400 Bad", "429 Slow", "500 Wrong", "529 Overloaded"])
def test_a_refusal_hides_whose_key_it_was_and_is_in_the_record(proxy: Running, raw: RawUpstream, status: str) -> None:
    raw.says({"error": ERROR}, status=status)
    with Client(proxy, CHAT, '{"model": "m"}') as client:
        assert (client.status, json.loads(client.read_all())) == (
            int(status[:3]),
            {"error": {**ERROR, "message": HIDDEN}},
        )
        record = client.record()
    assert (record["upstream_code"], record["upstream_type"], record["upstream_status"]) == ("own", "t", status[:3])


def test_an_error_in_the_stream_hides_whose_key_it_was_and_a_delta_does_not(proxy: Running, raw: RawUpstream) -> None:
    delta = b'data: {"choices": [{"index": 0, "delta": {"content": "an error of sk-abcdef"}}]}\n\n'
    raw.says(
        delta + b"event: error\ndata: " + json.dumps({"error": ERROR}).encode() + b"\n\n",
        content_type="text/event-stream",
    )
    response = ask(proxy, stream=True)
    assert text(response) == "an error of sk-abcdef"
    last = [line for line in response.text.split("\n") if line.startswith("data: ")][-1]
    assert json.loads(last.removeprefix("data: "))["error"]["message"] == HIDDEN


@pytest.mark.parametrize("stream", [True, False])
def test_the_record_has_finish_reason_and_usage(proxy: Running, raw: RawUpstream, stream: bool) -> None:
    raw.says(ANSWER)
    with Client(proxy, CHAT, json.dumps({"model": "m", "stream": stream})) as client:
        client.read_all()
        record = client.record()
    assert (record["outcome"], record["finish_reason"], record["usage"]) == ("complete", "length", USAGE)


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15)])
def test_compressed_answers_are_read(proxy: Running, raw: RawUpstream, encoding: str, wbits: int) -> None:
    def compressed(body: bytes) -> bytes:
        packer = zlib.compressobj(wbits=wbits)
        return packer.compress(body) + packer.flush()

    how = f"Content-Encoding: {encoding}\r\n"
    raw.says(compressed(EVENTS), content_type="text/event-stream", more=how)
    assert ask(proxy, stream=True, accept="text/event-stream").content == EVENTS
    raw.says(compressed(json.dumps(ANSWER).encode()), more=how)
    assert ask(proxy).json() == ANSWER


def test_blanks_without_end_are_no_stream(proxy: Running, raw: RawUpstream) -> None:
    raw.says(gzip.compress(b" " * (answers.MAX_BYTES + 1), 1), more="Content-Encoding: gzip\r\n")
    assert ask(proxy, stream=True).status_code == 502


def test_a_document_above_the_limit_after_decompression_is_502(proxy: Running, raw: RawUpstream) -> None:
    packed = gzip.compress(b'{"choices": "' + b" " * answers.MAX_BYTES, 1)
    raw.says(packed, more="Content-Encoding: gzip\r\n")
    assert (ask(proxy).status_code, len(packed) < 1_000_000) == (502, True)


@pytest.mark.parametrize("body", [gzip.compress(json.dumps(ANSWER).encode())[:-20], b"no gzip"])
def test_a_compressed_body_that_is_cut_or_wrong_is_502(proxy: Running, raw: RawUpstream, body: bytes) -> None:
    raw.says(body, more="Content-Encoding: gzip\r\n")
    assert ask(proxy).status_code == 502


@pytest.mark.parametrize("at", [0, 20, 60])
def test_a_document_that_breaks_off_is_502(proxy: Running, raw: RawUpstream, at: int) -> None:
    def cut(call: RawCall) -> None:
        call.read_body()
        call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"[: 60 + at])
        call.send(json.dumps(ANSWER).encode()[:at])
        call.close()

    raw.script = cut
    assert ask(proxy).status_code == 502

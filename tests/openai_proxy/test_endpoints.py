"""Endpoints besides text: sound, transcripts, pictures, and responses that upstream has stored."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.faults.client import record_of
from tests.fronts import DIRECT, Front, serve
from tests.openai_proxy.modules import load
from tests.platform.running import Running
from tests.raw_upstream import RawUpstream

whole = load("whole")

SOUND = bytes(range(256)) * 1000
FORM = "/v1/audio/transcriptions"
RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "cheap", "status": "completed", "error": None,
    "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0,
    "tool_choice": "auto", "tools": [], "top_p": 1.0, "usage": None,
    "output": [
        {"id": "m", "type": "message", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
        {"id": "f", "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def proxy(front: Front, raw: RawUpstream, folder: Path) -> Iterator[Running]:
    settings = {"allowed_models": "cheap", "stored_responses": "true", "max_body": "32MiB"}
    with serve(front, folder, settings, openai_base_url=raw.url, commit_after="60s") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_earlier_calls(raw: RawUpstream) -> None:
    raw.calls.clear()


@pytest.fixture
def sdk(proxy: Running) -> Iterator[OpenAI]:
    with OpenAI(api_key="k", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
        yield client


def events(*found: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in found)


def test_speech_is_relayed_byte_for_byte(sdk: OpenAI, raw: RawUpstream) -> None:
    raw.says(SOUND, content_type="audio/mpeg")
    answer = sdk.audio.speech.create(model="cheap", voice="alloy", input="hi")
    assert (answer.content, answer.response.headers["Content-Type"]) == (SOUND, "audio/mpeg")
    assert raw.calls[0].path == "/v1/audio/speech"


def test_speech_is_streamed(proxy: Running, raw: RawUpstream) -> None:
    sent = events({"type": "speech.audio.delta", "audio": "AAAA"}, {"type": "speech.audio.done", "usage": {"n": 1}})
    raw.says(sent, content_type="text/event-stream")
    headers = {"Accept": "text/event-stream", "X-Call-Id": "speech"}
    body = {"model": "cheap", "input": "hi", "voice": "alloy", "stream_format": "sse"}
    response = httpx.post(f"{proxy.url}/v1/audio/speech", json=body, headers=headers, timeout=60)
    assert response.content.startswith(sent)
    assert "error" not in response.text
    record = record_of(proxy, "speech")
    assert (record["outcome"], record["usage"]) == ("complete", {"n": 1})


def test_a_recording_is_transcribed(sdk: OpenAI, raw: RawUpstream) -> None:
    raw.says({"text": "Hello", "usage": {"type": "tokens", "input_tokens": 1, "output_tokens": 2, "total_tokens": 3}})
    transcribed = sdk.audio.transcriptions.create(model="cheap", file=('a "b".mp3', SOUND, "audio/mpeg"), prompt="ü")
    assert transcribed.text == "Hello"
    parts: Any = {"model": (None, "cheap"), "prompt": (None, "ü"), "file": ("a.mp3", SOUND)}
    translated = httpx.post(f"{sdk.base_url}audio/translations", files=parts, timeout=60)
    assert translated.json()["text"] == "Hello"
    assert [seen.path for seen in raw.calls] == ["/v1/audio/transcriptions", "/v1/audio/translations"]
    for seen in raw.calls:
        assert seen.header("Content-Type").startswith("multipart/form-data; boundary=")
        assert SOUND in seen.body
        assert b'name="model"\r\n\r\ncheap\r\n' in seen.body
        assert 'name="prompt"\r\n\r\nü\r\n'.encode() in seen.body


def test_a_transcript_is_plain_text_if_the_request_says_so(sdk: OpenAI, raw: RawUpstream) -> None:
    for text in ("id: 7 is a number\n", "1\n00:00 --> 00:01\nHello\n"):
        raw.says(text.encode(), content_type="text/plain; charset=utf-8")
        found: Any = sdk.audio.transcriptions.create(model="cheap", file=("a.mp3", b"x"), response_format="text")
        assert found == text


def test_a_transcript_is_streamed(sdk: OpenAI, raw: RawUpstream) -> None:
    sent = events({"type": "transcript.text.delta", "delta": "Hel"}, {"type": "transcript.text.done", "text": "Hello"})
    raw.says(sent, content_type="text/event-stream")
    stream = sdk.audio.transcriptions.create(model="cheap", file=("a.mp3", b"x"), stream=True)
    assert [event.type for event in stream] == ["transcript.text.delta", "transcript.text.done"]
    raw.says({"text": "Hello"})
    stream = sdk.audio.transcriptions.create(model="cheap", file=("a.mp3", b"x"), stream=True)
    assert [event.type for event in stream] == ["transcript.text.done"]


def test_pictures_are_made_and_edited(sdk: OpenAI, raw: RawUpstream) -> None:
    raw.says({"created": 1, "data": [{"b64_json": "AAAA"}], "usage": {"total_tokens": 1}})
    made = sdk.images.generate(model="cheap", prompt="a cat")
    edited = sdk.images.edit(model="cheap", prompt="a cat", image=[("a.png", b"x" * 5), ("b.png", b"y" * 5)])
    assert made.data == edited.data
    assert raw.calls[1].body.count(b'name="image[]"; filename=') == 2
    sent = events({"type": "image_generation.completed", "b64_json": "AAAA"})
    raw.says(sent, content_type="text/event-stream")
    assert [event.type for event in sdk.images.generate(model="cheap", prompt="a", stream=True)] == [
        "image_generation.completed"
    ]


@pytest.mark.parametrize(
    "parts",
    [
        [("model", (None, "dear"))],
        [("model", (None, "cheap")), ("model", (None, "dear"))],
        [("model", (None, "dear")), ("model", (None, "cheap"))],
        [("model", (None, "cheap")), ("MODEL", (None, "dear"))],
        [("model", (None, "cheap")), ("model[]", (None, "dear"))],
        [("model", (None, "cheap")), ("fallbacks", (None, "dear"))],
    ],
    ids=str,
)
def test_no_form_brings_another_model_past(proxy: Running, raw: RawUpstream, parts: Any) -> None:
    response = httpx.post(proxy.url + FORM, files=[*parts, ("file", ("a.mp3", b"x"))], timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "model_not_allowed")
    assert raw.calls == []


def test_a_form_must_name_its_model_in_a_field(proxy: Running, raw: RawUpstream) -> None:
    for parts in ({"file": ("a.mp3", b"x")}, {"model": ("cheap", b"cheap"), "file": ("a.mp3", b"x")}):
        response = httpx.post(proxy.url + FORM, files=parts, timeout=60)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "missing_model")
    response = httpx.post(proxy.url + FORM, json={"model": "cheap"}, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert raw.calls == []


def test_upstream_reads_the_form_that_was_checked(proxy: Running, raw: RawUpstream) -> None:
    """A part that another parser would read as a second `model` arrives as it was read here, or not at all."""
    raw.says({"text": "x"})
    body = (
        b'preamble\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\ncheap\r\n'
        b'--b\r\nContent-Disposition: form-data; name="x"; name="model"\r\n\r\ndear\r\n'
        b'--b--\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\ndear\r\n--b--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    response = httpx.post(proxy.url + FORM, content=body, headers=headers, timeout=60)
    if response.status_code == 200:
        assert b"preamble" not in raw.calls[0].body
        assert raw.calls[0].body.count(b'name="model"') == 1
    else:
        assert response.status_code in (400, 403)
        assert raw.calls == []


def test_stored_responses_are_served(sdk: OpenAI, raw: RawUpstream) -> None:
    raw.says(RESPONSE)
    assert sdk.responses.retrieve("resp_1").output_text == "Hello"
    assert sdk.responses.cancel("resp_1").id == "resp_1"
    sdk.responses.delete("resp_1")
    raw.says({"object": "list", "data": [], "has_more": False})
    assert list(sdk.responses.input_items.list("resp_1")) == []
    assert [call.head.split(" HTTP")[0] for call in raw.calls] == [
        "GET /v1/responses/resp_1",
        "POST /v1/responses/resp_1/cancel",
        "DELETE /v1/responses/resp_1",
        "GET /v1/responses/resp_1/input_items",
    ]


def test_a_stored_response_is_streamed_from_where_the_client_stopped(sdk: OpenAI, raw: RawUpstream) -> None:
    raw.says(whole.as_events(RESPONSE), content_type="text/event-stream")
    stream = sdk.responses.retrieve("resp_1", stream=True, starting_after=3)
    assert [event.type for event in stream][-1] == "response.completed"
    assert sorted(raw.calls[0].path.partition("?")[2].split("&")) == ["starting_after=3", "stream=true"]


def test_a_response_in_place_of_a_stream_becomes_its_events(sdk: OpenAI, raw: RawUpstream) -> None:
    raw.says(RESPONSE)
    with sdk.responses.stream(model="cheap", input="hi") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert (deltas, stream.get_final_response().output_text) == (["Hello"], "Hello")
    with sdk.responses.stream(response_id="resp_1") as stored:
        assert stored.get_final_response().id == "resp_1"


@pytest.mark.parametrize("path", ["responses/..", "responses/a/b", "responses/a/cancel/b", "responses/%2e%2e%2ffiles"])
def test_an_id_leads_nowhere_else(proxy: Running, raw: RawUpstream, path: str) -> None:
    response = httpx.get(f"{proxy.url}/v1/{path}", timeout=60)
    assert response.status_code in (404, 405)
    assert raw.calls == []


def test_stored_responses_are_refused_unless_a_setting_allows_them(folder: Path, raw: RawUpstream) -> None:
    with (
        serve(DIRECT, folder, openai_base_url=raw.url) as proxy,
        OpenAI(api_key="k", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client,
    ):
        with pytest.raises(openai.NotFoundError, match="stored_responses"):
            client.responses.retrieve("resp_1")
        with pytest.raises(openai.NotFoundError, match="stored_responses"):
            client.responses.delete("resp_1")
    assert raw.calls == []

"""Recorded answers of seven providers arrive whole, from their bytes and in all formats."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.recordings import NAMES, needs_recordings, recording
from tests.sources.answers import FORMATS, Answer, read_back, read_bytes, write

pytestmark = needs_recordings


def events(stream: bytes) -> Iterator[dict[str, Any]]:
    """The JSON of each of a recording's events, read by hand."""
    for line in stream.decode().split("\n"):
        if line.startswith("data: {"):
            yield json.loads(line[6:])


def by_hand(stream: bytes) -> Answer:
    answer = Answer(end="complete")
    for event in events(stream):
        kind = event.get("type", "")
        if kind == "response.output_text.delta":
            answer.text += event["delta"]
        if kind in ("response.reasoning_text.delta", "response.reasoning_summary_text.delta"):
            answer.reasoning += event["delta"]
        if kind == "response.completed":
            called = any(item["type"] == "function_call" for item in event["response"]["output"])
            answer.finish_reason = "tool_calls" if called else "stop"
            answer.usage = event["response"]["usage"]
        for choice in event.get("choices") or ():
            delta = choice["delta"]
            answer.text += delta.get("content") or ""
            answer.reasoning += delta.get("reasoning_content") or delta.get("reasoning") or ""
            answer.finish_reason = choice.get("finish_reason") or answer.finish_reason
        answer.usage = event.get("usage") or answer.usage
        if event.get("error"):
            answer.end = "error"
    return answer


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_answer_is_read_as_by_hand_however_it_is_cut(name: str) -> None:
    stream = recording(name)
    expected = by_hand(stream)
    for pieces in ((stream,), tuple(stream[at : at + 61] for at in range(0, len(stream), 61))):
        actual = read_bytes(pieces)
        assert (actual.text, actual.reasoning, actual.end) == (expected.text, expected.reasoning, expected.end)
        if actual.end == "complete":
            assert (actual.finish_reason, actual.usage) == (expected.finish_reason, expected.usage)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_answer_reaches_the_clients_of_every_format(name: str, format: str) -> None:
    answer = read_bytes([recording(name)])
    client = read_back(format, write(answer, FORMATS[format]()))
    assert client.end == answer.end
    if format != "application/json" or client.end == "complete":
        assert client.text == answer.text


@pytest.mark.parametrize("name", [name for name in NAMES if "-chat-" in name and "error" not in name])
def test_the_format_openai_sends_the_bytes_of_upstream(name: str) -> None:
    stream = recording(name)
    wire = write(read_bytes([stream]), FORMATS["openai"]())
    assert list(events(wire)) == list(events(stream))
    if b"finish_reason" in stream:
        assert wire.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("name", [name for name in NAMES if "error" not in name])
def test_a_recorded_answer_that_is_cut_anywhere_before_its_end_is_never_complete(name: str) -> None:
    stream = recording(name)
    marker = b'"type":"response.completed"' if b"response.completed" in stream else b'"finish_reason":"'
    end = stream.find(marker)
    assert end > 0
    for cut in range(0, end, 97):
        assert read_bytes([stream[:cut]]).end == "error"

"""`call` reads an answer in every format: text, reasoning, errors and events."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response

from faas_stream import Event, stream
from faas_stream.testing import Reasoning, StreamError, call
from tests.testing.handler import handle

FORMATS: dict[str, dict[str, Any]] = {
    "text": {"format": "text"},
    "json": {"format": "json"},
    "openai": {"format": "openai"},
    "ai-sdk": {"format": "ai-sdk"},
    "NDJSON": {"accept": "application/x-ndjson"},
    "plain text": {"accept": "text/plain"},
    "document": {"accept": "application/json"},
}
every_format = pytest.mark.parametrize("selection", FORMATS.values(), ids=FORMATS)


@every_format
def test_the_text_is_right_in_every_format(selection: dict[str, Any]) -> None:
    pieces = ["Line\n", " two\r\n\r\n", "ä🙂", '{"choices": 1}', "[DONE]", " end\n[error x: y]\n"]
    answer = call(handle, "Hello", upstream=pieces, **selection)
    expected = "".join(pieces)
    if selection.get("format") == "text":
        expected = expected.replace("\r\n", "\n")  # the format has no other line break
    assert answer.text == expected
    assert (answer.error, answer.finish_reason) == (None, "stop")


@every_format
def test_the_error_is_read_in_every_format(selection: dict[str, Any]) -> None:
    answer = call(handle, "Hello", upstream=["Hi", StreamError()], **selection)
    assert answer.error is not None
    assert answer.error_code == "upstream_error"
    assert "provider" in answer.error.message
    assert answer.text == ("" if selection.get("accept") == "application/json" else "Hi")


@pytest.mark.parametrize("selection", [FORMATS[name] for name in ("json", "openai", "ai-sdk", "NDJSON", "document")])
def test_reasoning_is_apart_from_the_text(selection: dict[str, Any]) -> None:
    answer = call(handle, "Hello", upstream=[Reasoning("Hm"), "Hi"], **selection)
    assert (answer.reasoning, answer.text) == ("Hm", "Hi")


def test_events_are_parsed() -> None:
    def events(format: str) -> list[tuple[str | None, Any]]:
        answer = call(handle, "Hello", upstream=["Hi", "5"], format=format)
        return [(event.event, event.data) for event in answer.events]

    assert events("text") == [(None, "Hi"), (None, "5"), (None, "[DONE]")]
    (_, start), *rest, (name, end) = events("json")
    assert list(start) == ["id"]
    assert rest == [("message", {"text": "Hi"}), ("message", {"text": "5"})]
    assert (name, end["finish_reason"]) == ("end", "stop")
    chunks = events("openai")
    assert chunks[0][1]["choices"][0]["delta"]["content"] == "Hi"
    assert chunks[-1] == (None, "[DONE]")
    assert [data["type"] for _, data in events("ai-sdk")[:-1]] == [
        "start", "start-step", "text-start", "text-delta", "text-delta", "text-end", "finish-step", "finish"
    ]  # fmt: skip
    lines = call(handle, "Hello", upstream=["Hi"], accept="application/x-ndjson").events
    assert lines[0].data == {"text": "Hi"}


def test_an_authors_events_keep_name_id_and_data() -> None:
    def source() -> Iterator[Any]:
        yield Event({"n": 1}, event="progress", id="7", retry=100)
        yield "Hi"

    answer = call(lambda _req: stream(source()), "x")
    assert answer.events[0] == Event({"n": 1}, event="progress", id="7", retry=100)
    assert answer.text == "Hi"


def test_an_event_stream_of_flask_is_read_too() -> None:
    answer = call(lambda _req: Response(iter(["data: a\n\n", "data: b\n\n"]), mimetype="text/event-stream"))
    assert [event.data for event in answer.events] == ["a", "b"]
    assert answer.record is not None


def test_a_body_that_breaks_off_is_an_error() -> None:
    def source() -> Iterator[str]:
        yield "half"
        raise ValueError("no more")

    answer = call(lambda _req: Response(source(), mimetype="text/csv"))
    assert answer.text == "half"
    assert answer.error_code == "connection_broken"

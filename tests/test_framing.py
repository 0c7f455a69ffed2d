"""Frames, decoded by other people's decoders, at every boundary between two reads."""

import json
from collections.abc import Callable, Iterator

import pytest
import sseclient
from httpx_sse._decoders import SSEDecoder

from faas_stream.framing import Event, comment, encode, only_id

TEXTS = [
    "Hello",
    " leading space",
    "two\nlines",
    "a blank\n\nline",
    "\n",
    "ends in a line break\n",
    "\ncarriage\rreturn\r\n",
    "data: looks like a field",
    ": looks like a comment",
    "U+2028 \u2028, U+2029 \u2029, U+0085 \x85 and \x0b\x0c\x1c are text",
    "é 油 🥑 e\u0301 \u202e",
    "\ufeffnot a byte order mark",
    "null \0",
]


def by_httpx_sse(chunks: Iterator[bytes]) -> list[tuple[str, str, str]]:
    decoder, events, tail = SSEDecoder(), [], ""
    for chunk in (*chunks, b""):
        *lines, tail = (tail + chunk.decode("latin-1")).split("\n")
        for line in lines:
            if event := decoder.decode(line.encode("latin-1").decode()):
                events.append((event.event, event.data, event.id))
    return events


def by_sseclient(chunks: Iterator[bytes]) -> list[tuple[str, str, str]]:
    return [(event.event, event.data, event.id or "") for event in sseclient.SSEClient(chunks).events()]


@pytest.mark.parametrize("decode", [by_httpx_sse, by_sseclient])
@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_the_trip_at_every_boundary(
    decode: Callable[[Iterator[bytes]], list[tuple[str, str, str]]], text: str
) -> None:
    if decode is by_sseclient and any(odd in text for odd in "\x85\x0b\x0c\x1c\u2028\u2029\r"):
        pytest.skip("sseclient-py breaks lines with str.splitlines, against the standard")
    wire = comment("heartbeat") + encode(text, "message", "7") + comment() + encode("last")
    expected = [("message", text.replace("\r\n", "\n").replace("\r", "\n"), "7"), ("message", "last", "7")]
    for cut in range(len(wire)):
        events = decode(iter([wire[:cut], wire[cut:]]))
        assert [event[:2] for event in events] == [event[:2] for event in expected]
        assert events[0][2] == "7"


def test_a_lone_surrogate_does_not_stop_the_stream() -> None:
    assert encode("half \ud83d") == b"data: half ?\n\n"


def test_a_comment_stays_on_its_line() -> None:
    assert comment("a\r\nb\nc") == b": a b c\n"


def test_an_id_without_data_is_an_event_all_the_same() -> None:
    # npm's eventsource keeps no id of an event that has no data line.
    assert b"".join([only_id("7"), comment()]) == b"id: 7\nevent: id\ndata: \n\n: \n"


def test_fields_are_in_order() -> None:
    assert encode("x", "name", "1", 3000) == b"id: 1\nevent: name\nretry: 3000\ndata: x\n\n"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"event": "a\ndata: injected"}, "Event.event"),
        ({"id": "1\r2"}, "Event.id"),
        ({"id": "1\0"}, r"U\+0000"),
        ({"retry": -1}, "Event.retry"),
        ({"retry": "soon"}, "whole number of milliseconds"),
    ],
)
def test_an_event_that_would_break_its_line_is_refused(fields: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Event("x", **fields)  # type: ignore[arg-type]


def test_an_event_sends_structures_as_json() -> None:
    assert json.loads(Event({"a": [1, "\u2028"]}).text()) == {"a": [1, "\u2028"]}
    assert "\u2028" not in Event({"a": "\u2028"}).text()

"""Any text, cut into any pieces on its way, is the same text again in other people's parsers."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import cycle

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import example, given, settings
from hypothesis import strategies as st

from faas_stream.formats import sse_formats
from faas_stream.framing import Event, comment, encode
from tests.clients.node import Node
from tests.clients.reports import Question
from tests.sources.answers import read_items, write

Frames = list[tuple[str, str]]
Decode = Callable[[list[bytes]], Frames]

# Half of the characters have a meaning on the wire.
_ODD = [
    "\n",
    "\r",
    "\r\n",
    ":",
    " ",
    "data: ",
    "id: 1",
    "event: x",
    "[DONE]",
    "\ufeff",
    "\0",
    "\u2028",
    "\x85",
    "é",
    "🥑",
]
TEXT = st.text() | st.lists(st.sampled_from(_ODD), max_size=8).map("".join)
NAME = TEXT.filter(lambda text: not re.search(r"[\r\n]", text))
ID = NAME.filter(lambda text: "\0" not in text)
EVENTS = st.lists(
    st.builds(Event, TEXT, st.none() | NAME, st.none() | ID, st.none() | st.integers(0, 10**6)), max_size=5
)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=8)


def cut(wire: bytes, sizes: list[int]) -> list[bytes]:
    """The bytes in pieces of these sizes, over and over."""
    pieces: list[bytes] = []
    begin = 0
    for size in cycle(sizes):
        if begin >= len(wire):
            return pieces
        pieces.append(wire[begin : begin + size])
        begin += size
    raise AssertionError("there are no sizes")


def by_httpx_sse(pieces: list[bytes]) -> Frames:
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=iter(pieces))
    return [(event.event, event.data) for event in EventSource(response).iter_sse()]


@pytest.fixture(scope="module", params=["httpx-sse", "eventsource-parser"])
def decode(request: pytest.FixtureRequest) -> Decode:
    if request.param == "httpx-sse":
        return by_httpx_sse
    node: Node = request.getfixturevalue("node")

    def by_eventsource_parser(pieces: list[bytes]) -> Frames:
        encoded = [b64encode(piece).decode() for piece in pieces]
        lines = node.lines("parsedPieces", Question("", ""), pieces=encoded)
        return [(line["frame"]["event"], line["frame"]["data"]) for line in lines]

    return by_eventsource_parser


def as_lines(text: str) -> str:
    """The text with LF for every line break, as the standard's parser returns it."""
    return re.sub(r"\r\n?", "\n", text)


@settings(deadline=None)
@given(events=EVENTS, text=st.none() | TEXT, sizes=SIZES)
def test_events_survive_any_chunking(decode: Decode, events: list[Event], text: str | None, sizes: list[int]) -> None:
    between = b"" if text is None else comment(text)
    wire = b"".join(between + encode(event.text(), event.event, event.id, event.retry) for event in events) + between
    assert decode(cut(wire, sizes)) == [(event.event or "message", as_lines(event.text())) for event in events]


def _texts(format: str, frames: Frames) -> Iterator[str]:
    """The text in each frame of an answer in this format."""
    for name, data in frames:
        if format == "text":
            yield data
        elif data != "[DONE]":
            event = json.loads(data)
            if format == "openai":
                yield from (choice["delta"].get("content") or "" for choice in event["choices"])
            elif name == "message" and (format == "json" or event["type"] == "text-delta"):
                yield event["text" if format == "json" else "delta"]


@pytest.mark.parametrize("format", list(sse_formats()))
@settings(deadline=None)
@given(deltas=st.lists(TEXT, max_size=6), sizes=SIZES)
@example(deltas=["[DONE]", "\r", "\n[DONE]", "[DONE]"], sizes=[7])
def test_an_answers_text_survives_any_chunking(
    decode: Decode, format: str, deltas: list[str], sizes: list[int]
) -> None:
    frames = decode(cut(write(read_items(deltas), sse_formats()[format]()), sizes))
    if format == "text":
        assert frames.pop(0) == ("id", "")
        assert frames.pop() == ("message", "[DONE]")
        assert ("message", "[DONE]") not in frames  # a client that stops there has the whole text
    text = "".join(deltas)
    assert "".join(_texts(format, frames)) == (as_lines(text) if format == "text" else text)

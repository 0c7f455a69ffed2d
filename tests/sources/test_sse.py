"""Events from bytes, by the examples of WHATWG HTML, section 9.2.6, at every cut."""

import pytest

from faas_stream.sources import UpstreamFailedError
from faas_stream.sources.sse import EventDecoder

MAX = 1 << 20

EXAMPLES = [
    (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("", "YHOO\n+2\n10")]),
    (b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
     [("", "first event"), ("", "second event"), ("", " third event")]),
    (b"data\n\ndata\ndata\n\ndata:", [("", ""), ("", "\n"), ("", "")]),
    (b"data:test\n\ndata: test\n\n", [("", "test"), ("", "test")]),
    (b"event: add\ndata: 73857293\n\nevent:remove\ndata: 2153\n\n", [("add", "73857293"), ("remove", "2153")]),
    (b"event: lost\n\ndata: a\n\n", [("", "a")]),
    (b"event: a\nevent\ndata: b\n\n", [("", "b")]),
    (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
    (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [("", "a")]),
    (b"retry: 10\nid: 7\n: comment\nunknown: x\ndatax: y\ndata: a\n\n", [("", "a")]),
    ("data: é 🥑 \u2028 \x85 \x0b\n\n".encode(), [("", "é 🥑 \u2028 \x85 \x0b")]),
    (b"data: \xff\n\n", [("", "\ufffd")]),
    (b"data: a\r\n\r\n\r\ndata: b\r\rdata: c\n\r\n", [("", "a"), ("", "b"), ("", "c")]),
    (b"data: pending", [("", "pending")]),
    (b"data: pending\n", [("", "pending")]),
    (b"event: pending", []),
    (b"", []),
]  # fmt: skip


def decode(pieces: list[bytes], max_event: int = MAX) -> list[tuple[str, str]]:
    decoder = EventDecoder(max_event)
    return [event for piece in pieces for event in decoder.feed(piece)] + list(decoder.end())


@pytest.mark.parametrize(("stream", "events"), EXAMPLES)
def test_an_example_is_decoded_at_every_cut(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert decode([stream]) == events
    assert decode([stream[at : at + 1] for at in range(len(stream))]) == events
    for cut in range(len(stream)):
        assert decode([stream[:cut], b"", stream[cut:]]) == events


def test_an_event_comes_with_the_bytes_that_complete_it() -> None:
    decoder = EventDecoder(MAX)
    assert list(decoder.feed(b"data: a\n")) == []
    assert list(decoder.feed(b"\ndata: b\r")) == [("", "a")]
    assert list(decoder.feed(b"\n\r")) == [("", "b")]
    assert list(decoder.feed(b"\n")) == []


@pytest.mark.parametrize(
    "large",
    [
        b"data: " + b"a" * 11,
        b"data: " + b"a" * 11 + b"\n\n",
        b"data: aaaaaaa\ndata: aaaa\n\n",
        b": " + b"a" * 20,
        b"data:\n" * 12,
        b"data\r" * 12,
    ],
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_an_event_above_the_limit_is_an_error_after_the_events_before_it(large: bytes, size: int) -> None:
    decoder = EventDecoder(10)
    decoded: list[tuple[str, str]] = []
    stream = b"data: 0123456789\n\n" + large

    def decode_all() -> None:
        for at in range(0, len(stream), size):
            for event in decoder.feed(stream[at : at + size]):
                decoded.append(event)

    with pytest.raises(UpstreamFailedError, match="more than 10 bytes: raise max_event"):
        decode_all()
    assert decoded == [("", "0123456789")]


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
@pytest.mark.parametrize("line", [b"a" * (24 << 20), b"\ndata: ".join([b"a" * 1000] * (24 << 10))])
def test_time_is_linear_in_the_size_of_an_event(line: bytes, end: bytes) -> None:
    stream = b"data: " + line + end
    # In quadratic time it would run into the limit that pytest has for a test.
    events = decode([stream[at : at + 100] for at in range(0, len(stream), 100)], 64 << 20)
    assert [len(data) for _, data in events] == [len(line.replace(b"\ndata: ", b"\n"))]

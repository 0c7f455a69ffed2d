"""Deltas as frames, relayed bytes as they are, and what is known about the answer at its end."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from faas_stream import Event, passthrough, stream
from faas_stream.formats import sse_formats
from faas_stream.formats.encoder import Encoder, RawEncoder
from faas_stream.sources import Delta, StreamReader, UpstreamFailedError
from tests.events import without_ids
from tests.fixtures import Serve
from tests.sources.chunks import chat, choice, typed

ID = "0123456789abcdef" * 2
CHUNK = (
    b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":%s}]}\n\n'
)
FIRST, LAST = CHUNK % b"null", CHUNK % b'"stop"'


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(sse_formats()["text"](), ID, 1, max_event=1000)


def test_deltas_become_the_frames_of_the_format(encoder: Encoder) -> None:
    frames = encoder.feed([Delta("a"), Delta("b")]) + encoder.end()
    assert without_ids(frames.decode()) == "data: a\n\ndata: b\n\ndata: [DONE]\n\n"


def test_the_answer_starts_once(encoder: Encoder) -> None:
    early = encoder.start(is_early=True)
    assert early
    assert encoder.start() == b""
    assert not encoder.feed([Delta("a")]).startswith(early)


def test_the_last_finish_reason_and_usage_count(encoder: Encoder) -> None:
    encoder.feed([Delta("a", usage={"n": 1}), Delta(reasoning="b"), Delta(), Delta(finish_reason="tool_calls")])
    encoder.feed([Delta(usage={"n": 2}), Delta(finish_reason="stop"), Delta(event=Event("x"))])
    assert (encoder.finish_reason, encoder.usage, encoder.events) == ("stop", {"n": 2}, 3)


def test_an_error_is_raised_after_the_frames_before_it(encoder: Encoder) -> None:
    def deltas() -> Iterator[Delta]:
        yield Delta("a")
        raise UpstreamFailedError("no")

    assert without_ids(encoder.feed(deltas()).decode()) == "data: a\n\n"
    with pytest.raises(UpstreamFailedError):
        encoder.check()


def test_text_and_tool_calls_are_collected_only_if_max_record_is_set(encoder: Encoder) -> None:
    encoder.feed([Delta("a", tool_calls=[{"index": 0, "id": "c", "name": "n", "arguments": "{}"}])])
    assert (encoder.text, encoder.tool_calls) == ("", [])


def test_text_and_tool_calls_are_collected_up_to_a_limit(encoder: Encoder) -> None:
    encoder.max_record = 24
    calls: list[dict[str, Any]] = [
        {"index": 0, "id": "c1", "name": "weather", "arguments": '{"a"'},
        {"index": 1, "id": "c2", "name": "time", "arguments": "{}"},
        {"index": 0, "arguments": ": 1, more"},
        {"index": 0, "arguments": "never kept"},
        {"index": 2, "id": "c3", "name": "never kept", "arguments": "{}"},
    ]
    encoder.feed([Delta("a" * 20), *(Delta(tool_calls=[call]) for call in calls), Delta("b" * 20), Delta("c")])
    assert encoder.text == "a" * 20 + "b" * 4
    assert encoder.tool_calls == [
        {"id": "c1", "name": "weather", "arguments": '{"a": 1'},
        {"id": "c2", "name": "time", "arguments": "{}"},
    ]


def test_tool_calls_of_several_streams_have_indexes_of_their_own(encoder: Encoder) -> None:
    encoder.max_record = 1000
    for id in ("call-1", "call-2"):
        piece = {"index": 0, "id": id, "function": {"name": "f", "arguments": "{}"}}
        encoder.feed(encoder.stream_reader().feed(chat(choice(tool_calls=[piece]))))
    assert [call["id"] for call in encoder.tool_calls] == ["call-1", "call-2"]
    assert {call["arguments"] for call in encoder.tool_calls} == {"{}"}


# ------------------------------------------------------------------ relayed bytes


def own() -> RawEncoder:
    """An encoder for the author's own event stream."""
    return RawEncoder(is_event_stream=True)


def relayed() -> RawEncoder:
    return RawEncoder(is_event_stream=True, observer=StreamReader(100_000))


@pytest.mark.parametrize("make", [own, relayed])
def test_bytes_are_passed_as_they_are(make: Any) -> None:
    encoder, data = make(), FIRST + LAST + b"data: [DONE]\n\n"
    for start in range(0, len(data), 7):
        assert encoder.feed(data[start : start + 7]) == data[start : start + 7]
        encoder.check()
    assert encoder.end() == b""


def test_a_relayed_answer_is_known_at_its_end() -> None:
    encoder = relayed()
    encoder.feed(FIRST + LAST)
    assert (encoder.finish_reason, encoder.events) == ("stop", 2)


def test_what_no_format_can_send_is_relayed_as_a_complete_answer(serve: Serve) -> None:
    item = {"type": "image_generation_call", "id": "i", "status": "completed", "result": "AAAA"}
    image = typed("response.output_item.done", output_index=0, item=item) + typed("response.completed", response={})
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=iter([image])))
    with httpx2.Client(transport=transport) as http:
        request = http.build_request("POST", "http://upstream.test")
        relayed = serve(lambda _req: passthrough(http.send(request, stream=True))).post("/")
        assert b"error" not in relayed.data
        read = serve(lambda _req: stream(http.send(request, stream=True))).post("/?format=json")
        assert b"event: error" in read.data or read.status_code == 502


def test_an_end_that_upstream_forgot_is_marked() -> None:
    encoder = relayed()
    encoder.feed(FIRST + LAST[:-1])
    assert encoder.end() == b"\ndata: [DONE]\n\n"


def test_a_relayed_answer_that_was_cut_is_an_error_in_upstreams_dialect() -> None:
    encoder = relayed()
    encoder.feed(FIRST[:-2])
    with pytest.raises(UpstreamFailedError):
        encoder.end()
    frame = encoder.error("upstream_error", "no") or b""
    assert frame.startswith(b"\n\ndata: ")
    assert json.loads(frame.strip()[6:])["error"]["code"] == "upstream_error"


def test_an_error_that_upstream_reports_is_raised_after_its_bytes_were_passed() -> None:
    encoder = relayed()
    data = b'data: {"error": {"message": "no"}}\n\n'
    assert encoder.feed(data) == data
    encoder.check()
    with pytest.raises(UpstreamFailedError):
        encoder.end()


def test_a_relayed_answer_of_anthropics_gets_their_heartbeat_and_error() -> None:
    encoder = relayed()
    encoder.feed(b'event: message_start\ndata: {"type": "message_start", "message": {"usage": {}}}\n\n')
    assert encoder.heartbeat == b'event: ping\ndata: {"type": "ping"}\n\n'
    frame = encoder.error("upstream_timeout", "no") or b""
    assert frame.startswith(b"event: error\ndata: ")
    assert json.loads(frame.partition(b"data: ")[2]) == {
        "type": "error",
        "error": {"type": "upstream_timeout", "message": "no"},
    }


@pytest.mark.parametrize(
    ("piece", "is_between_lines"), [(b"", True), (b"data: a\n\n", True), (b"data: a\n", True), (b"data: a", False)]
)
def test_a_heartbeat_never_breaks_a_line(piece: bytes, is_between_lines: bool) -> None:
    encoder = own()
    encoder.feed(piece)
    assert (encoder.heartbeat is not None) == is_between_lines


@pytest.mark.parametrize(
    ("piece", "before"), [(b"", b""), (b"data: a\n\n", b""), (b"data: a\n", b"\n"), (b"data: a", b"\n\n")]
)
def test_an_error_frame_begins_a_frame_of_its_own(piece: bytes, before: bytes) -> None:
    encoder = own()
    encoder.feed(piece)
    frame = encoder.error("deadline_exceeded", "no") or b""
    assert frame.startswith(before + b"event: error\ndata: {")


def test_what_is_no_event_stream_has_neither_heartbeat_nor_error() -> None:
    encoder = RawEncoder(is_event_stream=False)
    encoder.feed(b"a,b\n")
    assert (encoder.heartbeat, encoder.error("internal_error", "no"), encoder.end()) == (None, None, b"")

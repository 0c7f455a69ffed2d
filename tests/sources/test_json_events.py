"""The format `json` of this bundle, relayed: what it writes is read again as the same deltas."""

import pytest

from faas_stream.formats import sse_formats
from faas_stream.framing import Event
from faas_stream.sources import Delta
from tests.sources.answers import Answer, read_bytes, write
from tests.sources.chunks import event

DELTAS = [
    Delta(text="Hi\n"),
    Delta(reasoning="hm"),
    Delta(text="a", reasoning="b"),
    Delta(tool_calls=[{"index": 0, "id": "c", "name": "f", "arguments": "{"}]),
    Delta(tool_calls=[{"index": 0, "arguments": "}"}]),
    Delta(tool_results=[{"id": "c", "name": "f", "result": [1]}]),
    Delta(citations=[{"url": "u", "title": "T"}]),
    Delta(steps=[{"name": "agent", "state": "started"}]),
    Delta(value={"error": "of the author", "detail": 1}, has_value=True),
    Delta(event=Event("half", "progress")),
    Delta(event=Event('{"type": "error"}', "ping")),
]
USAGE = {"total_tokens": 3}


def test_what_the_format_writes_is_read_again() -> None:
    wire = write(Answer(deltas=DELTAS, finish_reason="stop", usage=USAGE), sse_formats()["json"]())
    answer = read_bytes([wire])
    assert answer.deltas == [
        *DELTAS[:2],
        Delta(reasoning="b"),
        Delta(text="a"),
        *DELTAS[3:],
        Delta(finish_reason="stop", usage=USAGE),
    ]
    assert answer.end == "complete"


@pytest.mark.parametrize("end", [b"", event({"code": "upstream_timeout", "message": "boom"}, "error")])
def test_a_relayed_answer_that_fails_or_breaks_off_is_not_complete(end: bytes) -> None:
    answer = read_bytes([event({"id": "x"}, "start") + event({"text": "a"}, "message") + end])
    assert (answer.text, answer.end) == ("a", "error")
    assert answer.failure
    assert answer.failure.code == ("upstream_timeout" if end else None)

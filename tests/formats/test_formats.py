"""What all formats have in common: the error frame, ids, heartbeats, and deltas that send nothing."""

import json

import pytest

from faas_stream.formats import by_media_type, sse_formats
from faas_stream.settings import Settings
from faas_stream.sources import Delta
from tests.formats.examples import ROUND, USAGE, sent
from tests.sources.answers import FORMATS, Answer, events, read_back, write

ERRORS = {
    "text": {"code": "internal_error", "message": "The function failed."},
    "json": {"code": "internal_error", "message": "The function failed."},
    "openai": {
        "error": {
            "message": "The function failed.",
            "type": "server_error",
            "code": "internal_error",
            "param": None,
        },
    },
    "ai-sdk": {"type": "error", "errorText": "The function failed. (internal_error)"},
}


@pytest.mark.parametrize("name", sse_formats())
def test_a_cut_event_stream_ends_in_its_error_frame(name: str) -> None:
    last = events(sent(name, ["a", None]).encode())[-1]
    assert json.loads(last.data) == ERRORS[name]
    assert last.event == ("error" if name in ("text", "json") else "message")


@pytest.mark.parametrize("name", by_media_type())
def test_a_cut_answer_ends_in_its_error_in_the_other_formats_too(name: str) -> None:
    assert "internal_error" in sent(name, ["a", None]).strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["text", "json", "ai-sdk"])
def test_every_event_stream_but_openais_numbers_the_deltas_of_the_answer(name: str) -> None:
    ids = [event.id for event in events(sent(name, ["a", "b", "c"], is_early=True).encode())]
    assert list(dict.fromkeys(filter(None, ids))) == ["x.0", "x.1", "x.2", "x.3", "x.4"]
    assert "id:" not in sent("openai", ["a", "b", "c"])


@pytest.mark.parametrize("name", ["json", "ai-sdk"])
def test_the_id_of_a_delta_comes_with_its_last_event(name: str) -> None:
    format = FORMATS[name]()
    format.start("x", 1)
    format.delta(Delta(text="a"))
    wire = format.delta(Delta(reasoning="b", text="c"))
    assert wire.count(b"id: x.2") == 1
    assert b"id: x.2" in wire.rstrip().rpartition(b"\n\n")[2]


@pytest.mark.parametrize("name", FORMATS)
def test_a_delta_that_brings_nothing_sends_nothing(name: str) -> None:
    assert FORMATS[name]().delta(Delta(usage=USAGE, finish_reason="stop")) == b""


@pytest.mark.parametrize("name", sse_formats())
def test_a_heartbeat_is_a_comment_without_a_blank_line(name: str) -> None:
    assert FORMATS[name].heartbeat == b": \n"


@pytest.mark.parametrize("name", by_media_type())
def test_other_formats_have_no_heartbeat(name: str) -> None:
    assert FORMATS[name].heartbeat is None
    assert FORMATS[name].media_type.startswith(name)


@pytest.mark.parametrize("name", sse_formats())
def test_every_format_of_events_can_be_the_setting(name: str) -> None:
    assert Settings({"stream_format": name}).stream_format == name


@pytest.mark.parametrize("format", ["text", "openai", "text/plain"])
def test_the_progress_of_a_graph_is_no_text(format: str) -> None:
    answer = Answer(deltas=[*ROUND, Delta(text="a")])
    assert read_back(format, write(answer, FORMATS[format]())).text == "a"

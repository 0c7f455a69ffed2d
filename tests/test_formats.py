"""What each format says of the same answer."""

import json

import pytest

from faas_stream import answer
from faas_stream.answer import Answer, Carrier
from faas_stream.errors import FAILURES
from faas_stream.formats import Format, streamed
from faas_stream.formats.document import Document
from faas_stream.formats.lines import Lines
from faas_stream.formats.named_events import NamedEvents
from faas_stream.formats.plain import Plain
from faas_stream.formats.text import Text
from faas_stream.framing import Event

FAILURE = FAILURES["internal_error"]
ITEMS = ["Hi", "\n- a", {"hits": 3}, Event("half", "progress", "p1"), b"\x00\xff"]


def sent(format: Format, carrier: Carrier = answer.EVENT_STREAM, items: object = ITEMS) -> str:
    return b"".join(Answer(items, format, carrier, "answer-1").complete()).decode()


def test_text_is_bare_deltas_and_a_done() -> None:
    assert sent(Text()) == (
        "data: Hi\n\ndata: \ndata: - a\n\n"
        'data: {"hits": 3}\n\nid: p1\nevent: progress\ndata: half\n\ndata: AP8=\n\ndata: [DONE]\n\n'
    )


def test_text_keeps_a_crlf_cut_in_two_one_line_break() -> None:
    assert sent(Text(), items=["a\r", "\nb", "\r", "\n", "\n"]) == (
        "data: a\ndata: \n\ndata: b\n\ndata: \ndata: \n\ndata: \ndata: \n\ndata: [DONE]\n\n"
    )


def test_json_names_and_numbers_its_events() -> None:
    frames = [
        dict(line.split(": ", 1) for line in frame.splitlines()) for frame in sent(NamedEvents()).split("\n\n")[:-1]
    ]
    assert [(frame["id"], frame["event"], frame["data"]) for frame in frames] == [
        ("1", "start", '{"id": "answer-1"}'),
        ("2", "message", '{"text": "Hi"}'),
        ("3", "message", '{"text": "\\n- a"}'),
        ("4", "data", '{"hits": 3}'),
        ("p1", "progress", "half"),
        ("6", "message", '{"text": "AP8="}'),
        ("7", "end", '{"finish_reason": null, "usage": null}'),
    ]


def test_lines_are_one_json_object_each() -> None:
    assert [json.loads(line) for line in sent(Lines(), answer.LINES).splitlines()] == [
        {"text": "Hi"},
        {"text": "\n- a"},
        {"hits": 3},
        {"data": "half", "event": "progress", "id": "p1"},
        {"text": "AP8="},
        {"finish_reason": None, "usage": None},
    ]


def test_plain_is_the_text_without_a_byte_order_mark() -> None:
    assert sent(Plain(), answer.PLAIN, ["\ufeff", "\ufeffa", "\ufeffb"]) == "a\ufeffb"


def test_the_document_has_the_whole_answer() -> None:
    assert json.loads(sent(Document(), answer.DOCUMENT)) == {
        "text": "Hi\n- aAP8=",
        "finish_reason": None,
        "usage": None,
        "data": [{"hits": 3}, {"event": "progress", "data": "half"}],
    }


def test_the_document_is_sent_at_its_end_alone() -> None:
    pieces = list(Answer(["a", "b"], Document(), answer.DOCUMENT))
    assert pieces[:-1] == [b"", b""]


def failing() -> object:
    yield "a"
    raise RuntimeError("sk-secret")


ERRORS = {
    "text": {"code": "internal_error", "message": FAILURE.message},
    "json": {"code": "internal_error", "message": FAILURE.message},
    "openai": {
        "error": {"message": FAILURE.message, "type": "server_error", "code": "internal_error", "param": None},
    },
    "ai-sdk": {"type": "error", "errorText": f"{FAILURE.message} (internal_error)"},
}


@pytest.mark.parametrize("name", streamed())
def test_a_cut_event_stream_ends_in_its_error_frame_without_the_exceptions_text(name: str) -> None:
    last = sent(streamed()[name](), items=failing()).strip().split("\n\n")[-1]
    assert json.loads(last.split("data: ")[1]) == ERRORS[name]


@pytest.mark.parametrize(("shape", "carrier"), [(Lines, answer.LINES), (Plain, answer.PLAIN)])
def test_a_cut_answer_says_so_without_events_too(shape: type[Format], carrier: Carrier) -> None:
    last = sent(shape(), carrier, failing()).strip().splitlines()[-1]
    assert "internal_error" in last
    assert "sk-secret" not in last


@pytest.mark.parametrize("shape", [Text, Plain, Document])
def test_reasoning_stays_out_of_the_text(shape: type[Format]) -> None:
    format = shape()
    assert format.reasoning("hm") == []


def test_an_empty_delta_sends_nothing() -> None:
    assert sent(Text(), items=["", "a", ""]) == "data: a\n\ndata: [DONE]\n\n"

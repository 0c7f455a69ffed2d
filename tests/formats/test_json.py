"""What the formats `json`, NDJSON and the document send."""

import json

import pytest

from faas_stream.errors import ClientError
from faas_stream.formats.document import Document
from faas_stream.framing import Event
from faas_stream.sources import Delta
from tests.formats.examples import AGENT, CITATION, FIRST, REST, RESULT, STEP, USAGE, sent
from tests.sources.answers import FORMATS, events, write


def test_json_names_its_events() -> None:
    frames = [(event.id, event.event, event.data) for event in events(sent("json").encode())]
    assert frames == [
        ("x.0", "start", '{"id": "x"}'),
        ("x.1", "message", '{"text": "Hi"}'),
        ("x.2", "message", '{"text": "\\n- a"}'),
        ("x.3", "data", '{"hits": 3}'),
        ("p1", "progress", "half"),
        ("x.5", "message", '{"text": "AP8="}'),
        ("x.6", "end", '{"finish_reason": null, "usage": null}'),
    ]


def test_json_sends_everything_that_an_agent_does() -> None:
    frames = [(event.event, json.loads(event.data)) for event in events(write(AGENT, FORMATS["json"]()))]
    assert frames == [
        ("start", {"id": "answer"}),
        ("reasoning", {"text": "hm"}),
        ("tool_call", FIRST),
        ("tool_call", REST),
        ("tool_result", RESULT),
        ("message", {"text": "a"}),
        ("citation", CITATION),
        ("step", STEP),
        ("end", {"finish_reason": "stop", "usage": USAGE}),
    ]


def test_ndjson_is_one_object_per_line() -> None:
    assert [json.loads(line) for line in sent("application/x-ndjson").splitlines()] == [
        {"text": "Hi"},
        {"text": "\n- a"},
        {"hits": 3},
        {"data": "half", "event": "progress", "id": "p1"},
        {"text": "AP8="},
        {"finish_reason": None, "usage": None},
    ]
    assert [json.loads(line) for line in write(AGENT, FORMATS["application/x-ndjson"]()).splitlines()] == [
        {"reasoning": "hm"},
        {"tool_call": FIRST},
        {"tool_call": REST},
        {"tool_result": RESULT},
        {"text": "a"},
        {"citation": CITATION},
        {"step": STEP},
        {"finish_reason": "stop", "usage": USAGE},
    ]


def test_the_document_has_the_whole_answer() -> None:
    assert json.loads(sent("application/json")) == {
        "text": "Hi\n- aAP8=",
        "finish_reason": None,
        "usage": None,
        "data": [{"hits": 3}, {"event": "progress", "data": "half"}],
    }
    assert json.loads(write(AGENT, FORMATS["application/json"]())) == {
        "text": "a",
        "finish_reason": "stop",
        "usage": USAGE,
        "reasoning": "hm",
        "tool_calls": [{"id": "c", "name": "f", "arguments": '{"a":1}'}],
        "tool_results": [RESULT],
        "citations": [CITATION],
        "steps": [STEP],
    }


def test_the_document_is_sent_only_at_the_end() -> None:
    format = FORMATS["application/json"]()
    assert format.start("x", 1) + b"".join(map(format.delta, AGENT.deltas)) == b""


@pytest.mark.parametrize(
    "delta",
    [
        Delta(text="a" * 11),
        Delta(reasoning="a" * 11),
        Delta(value=["a" * 11], has_value=True),
        Delta(event=Event("a" * 11)),
        Delta(tool_calls=[{"index": 0, "id": "c", "name": "f", "arguments": "a" * 11}]),
        Delta(citations=[{"url": "a" * 11}]),
    ],
)
def test_a_document_that_is_too_large_is_an_error_that_says_what_to_do(delta: Delta) -> None:
    document = Document(max_document=10)
    with pytest.raises(ClientError, match="more than max_document, 10 characters: read it as a stream"):
        document.delta(delta)

"""What each format sends for the same answer, byte for byte."""

import json
from dataclasses import replace
from typing import Any

import pytest

from faas_stream.errors import ClientError
from faas_stream.formats import by_media_type, sse_formats
from faas_stream.formats.document import Document
from faas_stream.framing import Event
from faas_stream.settings import Settings
from faas_stream.sources import Delta
from tests.sources.answers import FORMATS, Answer, events, read_back, read_items, write

ITEMS = ["Hi", "\n- a", {"hits": 3}, Event("half", "progress", "p1"), b"\x00\xff"]
FIRST = {"index": 0, "id": "c", "name": "f", "arguments": '{"a":'}
REST = {"index": 0, "arguments": "1}"}
CITATION = {"url": "u", "title": "T"}
RESULT = {"id": "c", "name": "f", "result": {"b": 2}}
STEP = {"name": "agent", "state": "started"}
USAGE = {"input_tokens": 1, "output_tokens": 2}
AGENT = Answer(
    deltas=[
        Delta(reasoning="hm"),
        Delta(tool_calls=[FIRST]),
        Delta(tool_calls=[REST]),
        Delta(tool_results=[RESULT]),
        Delta(text="a", citations=[CITATION]),
        Delta(steps=[STEP]),
        Delta(),
    ],
    finish_reason="stop",
    usage=USAGE,
)


def sent(name: str, items: Any = ITEMS, is_early: bool = False) -> str:
    """The bytes of these items. None stands for a failure."""
    format = FORMATS[name]()
    answer = read_items(item for item in items if item is not None)
    wire = format.start("x", 1, is_early) + b"".join(map(format.delta, answer.deltas))
    last = format.error("internal_error", "The function failed.") if None in items else format.end(None, None)
    return (wire + last).decode()


def test_text_is_deltas_with_an_id_each_and_a_done() -> None:
    assert sent("text") == (
        "id: x.1\ndata: Hi\n\nid: x.2\ndata: \ndata: - a\n\n"
        'id: x.3\ndata: {"hits": 3}\n\nid: p1\nevent: progress\ndata: half\n\nid: x.5\ndata: AP8=\n\n'
        "id: x.6\ndata: [DONE]\n\n"
    )


def test_text_that_starts_early_gives_an_id_before_its_first_delta() -> None:
    assert sent("text", ["a"], is_early=True) == (
        "id: x.0\nevent: id\ndata: \n\nid: x.1\ndata: a\n\nid: x.2\ndata: [DONE]\n\n"
    )


def test_text_sends_a_crlf_that_is_cut_in_two_as_one_line_break() -> None:
    data = [event.data for event in events(sent("text", ["a\r", "\nb", "\r", "\n", "\n"]).encode())]
    assert data == ["a\n", "b", "\n", "\n", "[DONE]"]


def test_text_of_the_model_never_ends_the_answer() -> None:
    assert [event.data for event in events(sent("text", ["[DONE]"]).encode())] == ["[", "DONE]", "[DONE]"]


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


def test_openai_sends_chunks_with_one_role_and_no_reason_that_upstream_did_not_give() -> None:
    chunks = [event.data for event in events(sent("openai").encode())]
    assert chunks.pop() == "[DONE]"
    assert [json.loads(chunk)["choices"] for chunk in chunks] == [
        [{"index": 0, "delta": delta, "finish_reason": None}]
        for delta in (
            {"role": "assistant", "content": "Hi"},
            {"content": "\n- a"},
            {"content": '{"hits": 3}'},
            {"content": "half"},
            {"content": "AP8="},
        )
    ]
    assert json.loads(chunks[0]) | {"choices": []} == {
        "id": "chatcmpl-x",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "function",
        "choices": [],
    }


def test_openai_has_calls_citations_reason_and_usage_in_openais_terms() -> None:
    *chunks, done = [event.data for event in events(write(AGENT, FORMATS["openai"]()))]
    bodies = [json.loads(chunk) for chunk in chunks]
    deltas = [choice["delta"] for chunk in bodies for choice in chunk["choices"]]
    function = {"name": "f", "arguments": '{"a":'}
    assert deltas == [
        {"role": "assistant", "reasoning_content": "hm"},
        {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": function}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
        {"content": "a", "annotations": [{"type": "url_citation", "url_citation": CITATION}]},
        {},
    ]
    assert bodies[-2]["choices"][0]["finish_reason"] == "stop"
    assert bodies[-1]["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert done == "[DONE]"


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_openai_escapes_what_clients_take_for_a_line_end(separator: str) -> None:
    chunk = json.dumps({"choices": [], "x": f"é{separator}"}, ensure_ascii=False)
    wire = FORMATS["openai"]().delta(Delta(verbatim=chunk)).decode()
    assert separator not in wire
    assert json.loads(wire.removeprefix("data: ")) == json.loads(chunk)


def test_openai_repeats_no_reason_and_no_usage_of_upstreams_own_chunks() -> None:
    format = FORMATS["openai"]()
    format.start("x", 1)
    format.delta(Delta(finish_reason="stop", usage=USAGE, verbatim="{}"))
    assert format.end("stop", USAGE) == b"data: [DONE]\n\n"


def test_ai_sdk_sends_blocks_with_their_start_and_end() -> None:
    parts = [event.data for event in events(write(AGENT, FORMATS["ai-sdk"]()))]
    assert parts.pop() == "[DONE]"
    named = {"toolCallId": "c", "toolName": "f"}
    assert [json.loads(part) for part in parts] == [
        {"type": "start", "messageId": "answer"},
        {"type": "start-step"},
        {"type": "reasoning-start", "id": "reasoning-1"},
        {"type": "reasoning-delta", "id": "reasoning-1", "delta": "hm"},
        {"type": "reasoning-end", "id": "reasoning-1"},
        {"type": "tool-input-start", **named},
        {"type": "tool-input-delta", "toolCallId": "c", "inputTextDelta": '{"a":'},
        {"type": "tool-input-delta", "toolCallId": "c", "inputTextDelta": "1}"},
        {"type": "tool-input-available", **named, "input": {"a": 1}},
        {"type": "tool-output-available", "toolCallId": "c", "output": {"b": 2}},
        {"type": "text-start", "id": "text-2"},
        {"type": "text-delta", "id": "text-2", "delta": "a"},
        {"type": "source-url", "sourceId": "source-1", "url": "u", "title": "T"},
        {"type": "data-step", "data": STEP},
        {"type": "text-end", "id": "text-2"},
        {"type": "finish-step"},
        {"type": "finish", "finishReason": "stop", "messageMetadata": {"finishReason": "stop", "usage": USAGE}},
    ]


@pytest.mark.parametrize(
    ("delta", "parts"),
    [
        (Delta(citations=[{"title": "T"}]),
         [{"type": "source-document", "sourceId": "source-1", "mediaType": "text/plain", "title": "T"}]),
        (Delta(tool_results=[{"id": "c", "name": "f", "error": "boom"}]),
         [{"type": "tool-input-available", "toolCallId": "c", "toolName": "f", "input": {}},
          {"type": "tool-output-error", "toolCallId": "c", "errorText": "boom"}]),
        (Delta(event=Event({"a": 1}, "progress")), [{"type": "data-progress", "data": {"a": 1}}]),
        (Delta(value=3, has_value=True), [{"type": "data-value", "data": 3}]),
    ],
)  # fmt: skip
def test_ai_sdk_sends_parts_that_its_clients_know(delta: Delta, parts: list[Any]) -> None:
    assert [json.loads(event.data) for event in events(FORMATS["ai-sdk"]().delta(delta))] == parts


@pytest.mark.parametrize(
    ("reason", "finish_reason"),
    [("tool_calls", "tool-calls"), ("content_filter", "content-filter"), ("length", "length"), ("odd", "other"),
     (None, "other")],
)  # fmt: skip
def test_ai_sdk_finishes_with_a_reason_that_its_clients_know(reason: str | None, finish_reason: str) -> None:
    finish = json.loads(events(FORMATS["ai-sdk"]().end(reason, None))[1].data)
    assert (finish["type"], finish["finishReason"]) == ("finish", finish_reason)


def test_ai_sdk_reports_that_a_tools_input_is_not_json() -> None:
    answer = Answer(deltas=[Delta(tool_calls=[FIRST])])
    parts = [json.loads(event.data) for event in events(write(answer, FORMATS["ai-sdk"]()))[:-1]]
    assert [part["input"] for part in parts if part["type"] == "tool-input-error"] == ['{"a":']


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


def test_plain_is_the_text_without_a_byte_order_mark() -> None:
    assert sent("text/plain", ["\ufeff", "\ufeffa", "\ufeffb"]) == "a\ufeffb"
    assert write(AGENT, FORMATS["text/plain"]()) == b"a"


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


def of_an_agent(*deltas: Delta) -> list[Delta]:
    return [replace(delta, by_agent=True) for delta in deltas]


ROUND = of_an_agent(
    Delta(tool_calls=[FIRST]),
    Delta(tool_calls=[{"index": 0, "arguments": "1}"}]),
    Delta(value={"progress": 1}, has_value=True),
    Delta(tool_results=[{"id": "c", "name": "f", "result": "42"}]),
)
"""An agent that calls a tool and gets its result."""


def test_openai_has_no_calls_that_an_agent_has_executed() -> None:
    client = read_back(
        "openai", write(Answer(deltas=[*ROUND, Delta(text="a")], finish_reason="stop"), FORMATS["openai"]())
    )
    assert (client.text, client.tool_calls, client.finish_reason) == ("a", [], "stop")


def test_openai_has_the_calls_that_an_agent_leaves_to_its_client() -> None:
    open_calls = of_an_agent(Delta(tool_calls=[{"index": 1, "id": "d", "name": "g", "arguments": '{"b":'}]),
                       Delta(tool_calls=[{"index": 1, "arguments": "2}"}]))  # fmt: skip
    for reason, calls in (("tool_calls", [["d", "g", '{"b":2}']]), ("interrupt", []), (None, [])):
        answer = Answer(deltas=[*ROUND, *open_calls], finish_reason=reason)
        assert read_back("openai", write(answer, FORMATS["openai"]())).tool_calls == calls


@pytest.mark.parametrize("format", ["text", "openai", "text/plain"])
def test_the_progress_of_a_graph_is_no_text(format: str) -> None:
    answer = Answer(deltas=[*ROUND, Delta(text="a")])
    assert read_back(format, write(answer, FORMATS[format]())).text == "a"


def test_ai_sdk_begins_a_step_after_an_agents_results() -> None:
    other = Delta(tool_calls=[{"index": 1, "id": "d", "name": "g", "arguments": "{}"}])
    result = Delta(tool_results=[{"id": "d", "name": "g", "error": "boom"}])
    answer = Answer(deltas=[*ROUND, *of_an_agent(other, result)])
    parts = [json.loads(event.data)["type"] for event in events(write(answer, FORMATS["ai-sdk"]()))[:-1]]
    assert [part for part in parts if "delta" not in part] == [
        "start", "start-step", "tool-input-start", "data-value", "tool-input-available", "tool-output-available",
        "finish-step", "start-step", "tool-input-start", "tool-input-available", "tool-output-error",
        "finish-step", "start-step", "finish-step", "finish",
    ]  # fmt: skip

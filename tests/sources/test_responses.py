"""The events of the Responses API: what is sent, what is left out, and how it ends."""

from typing import Any

import pytest

from tests.sources.answers import read_bytes
from tests.sources.chunks import event, typed

USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
CREATED = typed("response.created", response={"id": "r", "status": "in_progress", "error": None, "output": []})


def ended(phase: str = "completed", **members: Any) -> bytes:
    return typed(f"response.{phase}", response={"id": "r", "status": phase, "usage": USAGE, "error": None, **members})


def delta(kind: str, piece: str, **members: Any) -> bytes:
    return typed(f"response.{kind}.delta", output_index=0, content_index=0, delta=piece, **members)


def item(phase: str = "added", index: int = 0, **members: Any) -> bytes:
    return typed(f"response.output_item.{phase}", output_index=index, item=members)


MESSAGE: dict[str, Any] = {"type": "message", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}


@pytest.mark.parametrize(
    ("events", "text", "reasoning", "calls"),
    [
        ([delta("output_text", "H"), delta("output_text", "i")], "Hi", "", []),
        ([delta("output_text", "\ud83d"), delta("output_text", "\ude00")], "😀", "", []),
        ([delta("refusal", "no")], "no", "", []),
        ([delta("audio.transcript", "Hi"), delta("audio", "UklGRg==")], "Hi", "", []),
        ([delta("reasoning_text", "hm"), delta("output_text", "a")], "a", "hm", []),
        ([delta("reasoning_summary_text", "hm"), delta("output_text", "a")], "a", "hm", []),
        ([item(type="function_call", call_id="c", name="f", arguments=""), delta("function_call_arguments", "{}")],
         "", "", [["c", "f", "{}"]]),
        ([item(type="function_call", call_id="c", name="f", arguments=""),
          typed("response.function_call_arguments.done", output_index=0, arguments="{}"),
          item("done", type="function_call", call_id="c", name="f", arguments="{}")], "", "", [["c", "f", "{}"]]),
        ([item("done", type="function_call", call_id="c", name="f", arguments="{}")], "", "", [["c", "f", "{}"]]),
        ([item(type="custom_tool_call", call_id="c", name="f", input=""), delta("custom_tool_call_input", "x"),
          typed("response.custom_tool_call_input.done", output_index=0, input="x"),
          item("done", type="custom_tool_call", call_id="c", name="f", input="x")], "", "", [["c", "f", "x"]]),
        ([item(index=0, type="function_call", call_id="a", name="f", arguments=""),
          item(index=1, type="function_call", call_id="b", name="g", arguments=""),
          typed("response.function_call_arguments.delta", output_index=1, delta="1"),
          typed("response.function_call_arguments.delta", output_index=0, delta="0")],
         "", "", [["a", "f", "0"], ["b", "g", "1"]]),
        ([delta("output_text", "Hi"), typed("response.output_text.done", output_index=0, content_index=0, text="Hi"),
          item("done", **MESSAGE)], "Hi", "", []),
        ([typed("response.output_text.done", output_index=0, content_index=0, text="Hi"), item("done", **MESSAGE)],
         "Hi", "", []),
        ([typed("response.refusal.done", output_index=0, content_index=0, refusal="no")], "no", "", []),
        ([item("done", **MESSAGE)], "Hi", "", []),
        ([item(type="web_search_call"), typed("response.web_search_call.searching"), delta("output_text", "a")],
         "a", "", []),
        ([typed("response.something.new", x=1), event({"type": "response.odd"}), delta("output_text", "a")],
         "a", "", []),
    ],
)  # fmt: skip
def test_events_bring(events: list[bytes], text: str, reasoning: str, calls: list[list[str]]) -> None:
    answer = read_bytes([CREATED, *events, ended()])
    assert (answer.text, answer.reasoning, answer.tool_calls) == (text, reasoning, calls)
    assert (answer.end, answer.usage) == ("complete", USAGE)
    assert answer.finish_reason == ("tool_calls" if calls else "stop")


def test_a_response_without_events_is_read_from_its_end() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    answer = read_bytes([ended(output=[{"type": "reasoning", "summary": []}, MESSAGE, call])])
    assert (answer.text, answer.tool_calls, answer.finish_reason) == ("Hi", [["c", "f", "{}"]], "tool_calls")


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reason": "max_output_tokens"}, "length"),
        ({"reason": "content_filter"}, "content_filter"),
        ({"reason": "odd"}, "odd"),
        ({}, "incomplete"),
        (None, "incomplete"),
    ],
)
def test_an_incomplete_response_ends_by_its_reason(details: Any, reason: str) -> None:
    answer = read_bytes([delta("output_text", "a"), ended("incomplete", incomplete_details=details)])
    assert (answer.end, answer.finish_reason) == ("complete", reason)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([ended("failed", error={"code": "server_error", "message": "boom"})], "server_error"),
        ([ended("failed")], "failed"),
        ([ended("cancelled")], "cancelled"),
        ([event({"type": "error", "code": "rate_limit_exceeded", "message": "boom", "param": None}, "error")],
         "rate_limit_exceeded"),
        ([], None),
        ([b"data: [DONE]\n\n"], None),
        ([typed("response.output_text.done", output_index=0, content_index=0, text="a")], None),
    ],
)  # fmt: skip
def test_a_response_that_fails_or_breaks_off_is_not_complete(events: list[bytes], code: str | None) -> None:
    answer = read_bytes([CREATED, delta("output_text", "a"), *events])
    assert (answer.text, answer.end) == ("a", "error")
    assert answer.failure
    assert answer.failure.code == code


@pytest.mark.parametrize(
    "events",
    [
        [item(type="image_generation_call"), typed("response.image_generation_call.partial_image", output_index=0)],
        [delta("audio", "UklGRg==")],
        [item(type="computer_call")],
        [item("done", type="mcp_approval_request")],
    ],
)
def test_an_answer_of_items_that_no_format_sends_is_an_error_that_says_so(events: list[bytes]) -> None:
    answer = read_bytes([CREATED, *events, ended()])
    assert answer.end == "error"
    assert "no format can send: docs/formats.md" in str(answer.failure)


def test_reasoning_about_an_image_is_no_answer() -> None:
    events = [delta("reasoning_summary_text", "hm"), item("done", 1, type="image_generation_call")]
    answer = read_bytes([CREATED, *events, ended()])
    assert (answer.reasoning, answer.end) == ("hm", "error")


def test_reasoning_is_read_once_from_what_is_whole() -> None:
    whole = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "h"}, {"type": "summary_text", "text": "m"}],
    }
    message = {**MESSAGE, "content": [*MESSAGE["content"], {"type": "output_audio", "transcript": "!"}]}
    end = ended(output=[whole, message])
    for events in (
        [item("done", 0, **whole), item("done", 1, **message)],
        [item("done", 0, **whole)],
        [delta("reasoning_summary_text", "hm"), item("done", 0, **whole)],
        [],
    ):
        answer = read_bytes([CREATED, *events, end])
        assert (answer.text, answer.reasoning) == ("Hi!", "hm")


def test_an_empty_response_that_is_completed_is_complete() -> None:
    assert read_bytes([CREATED, item(**{**MESSAGE, "content": []}), ended(output=[])]).end == "complete"


def test_annotations_that_come_with_the_whole_message_are_citations_once() -> None:
    annotation = {"type": "url_citation", "url": "u", "title": "T"}
    whole = {**MESSAGE, "content": [{"type": "output_text", "text": "Hi", "annotations": [annotation]}]}
    added = typed("response.output_text.annotation.added", output_index=0, annotation=annotation)
    for events in ([], [added]):
        answer = read_bytes(
            [CREATED, delta("output_text", "Hi"), *events, item("done", **whole), ended(output=[whole])]
        )
        assert (answer.text, answer.citations) == ("Hi", [{"url": "u", "title": "T"}])


def test_annotations_are_citations() -> None:
    annotations = [
        {"type": "url_citation", "url": "u", "title": "T", "start_index": 0},
        {"type": "file_citation", "file_id": "f", "filename": "a.md", "index": 3},
        {"type": "file_path", "index": 1},
    ]
    events = [typed("response.output_text.annotation.added", annotation=annotation) for annotation in annotations]
    assert read_bytes([*events, delta("output_text", "a"), ended()]).citations == [
        {"url": "u", "title": "T", "start_index": 0},
        {"file": "f", "filename": "a.md", "index": 3},
    ]

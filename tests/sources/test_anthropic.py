"""The events of Anthropic's Messages API: what is sent, what is left out, and how it ends."""

from typing import Any

import pytest

from tests.sources.answers import FORMATS, read_back, read_bytes, write
from tests.sources.chunks import event, typed

START = typed(
    "message_start", message={"id": "m", "type": "message", "usage": {"input_tokens": 25, "output_tokens": 1}}
)
STOP = typed("message_stop")


def block(index: int = 0, **content: Any) -> bytes:
    return typed("content_block_start", index=index, content_block=content)


def delta(type: str, index: int = 0, **members: Any) -> bytes:
    return typed("content_block_delta", index=index, delta={"type": type, **members})


def closed(index: int = 0) -> bytes:
    return typed("content_block_stop", index=index)


def ended(reason: str | None, **usage: Any) -> bytes:
    return typed("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)


TOOL = block(type="tool_use", id="t1", name="f", input={})


@pytest.mark.parametrize(
    ("events", "text", "reasoning", "calls"),
    [
        ([block(type="text", text="H"), delta("text_delta", text="i"), closed()], "Hi", "", []),
        ([delta("text_delta", text="\ud83d"), delta("text_delta", text="\ude00")], "😀", "", []),
        ([block(type="thinking", thinking="h"), delta("thinking_delta", thinking="m"),
          delta("signature_delta", signature="x")], "", "hm", []),
        ([block(type="redacted_thinking", data="x"), closed(), delta("text_delta", index=1, text="a")], "a", "", []),
        ([TOOL, delta("input_json_delta", partial_json=""), delta("input_json_delta", partial_json='{"a":'),
          delta("input_json_delta", partial_json="1}"), closed()], "", "", [["t1", "f", '{"a":1}']]),
        ([TOOL, delta("input_json_delta", partial_json=""), closed()], "", "", [["t1", "f", "{}"]]),
        ([block(type="tool_use", id="t1", name="f", input={"a": 1}), closed()], "", "", [["t1", "f", '{"a":1}']]),
        ([TOOL, delta("input_json_delta", partial_json="{}"), closed(), block(1, type="tool_use", id="t2", name="g"),
          closed(1)], "", "", [["t1", "f", "{}"], ["t2", "g", "{}"]]),
        ([block(type="server_tool_use", id="s", name="web_search", input={}),
          delta("input_json_delta", partial_json="{}"), closed(), delta("text_delta", index=1, text="a")],
         "a", "", []),
        ([typed("ping"), event({"type": "something_new"}), delta("odd_delta"), delta("text_delta", text="a")],
         "a", "", []),
    ],
)  # fmt: skip
def test_events_bring(events: list[bytes], text: str, reasoning: str, calls: list[list[str]]) -> None:
    answer = read_bytes([START, *events, ended("end_turn", output_tokens=42), STOP])
    assert (answer.text, answer.reasoning, answer.tool_calls) == (text, reasoning, calls)
    assert (answer.end, answer.finish_reason) == ("complete", "stop")
    assert answer.usage == {"input_tokens": 25, "output_tokens": 42}
    client = read_back("openai", write(answer, FORMATS["openai"]()))
    assert client.usage == {"prompt_tokens": 25, "completion_tokens": 42, "total_tokens": 67}
    assert client.tool_calls == calls


@pytest.mark.parametrize(
    ("stop_reason", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        (None, None),
    ],
)
def test_a_stop_reason_is_a_finish_reason_of_openai(stop_reason: str | None, reason: str | None) -> None:
    answer = read_bytes([START, delta("text_delta", text="a"), ended(stop_reason), STOP])
    assert (answer.end, answer.finish_reason) == ("complete", reason)


def test_citations_have_the_same_members_as_those_of_other_providers() -> None:
    search = {"type": "web_search_result_location", "url": "u", "title": "T", "cited_text": "c", "encrypted_index": "x"}
    document = {"type": "char_location", "document_title": "D", "document_index": 0, "file_id": None, "cited_text": "d"}
    events = [delta("citations_delta", citation=citation) for citation in (search, document)]
    assert read_bytes([START, *events, STOP]).citations == [
        {"url": "u", "title": "T", "snippet": "c"},
        {"title": "D", "document_index": 0, "snippet": "d"},
    ]


@pytest.mark.parametrize(
    "end",
    [
        b"",
        ended("end_turn"),
        typed("error", error={"type": "overloaded_error", "message": "boom"}, request_id="req_1"),
        event({"type": "error", "error": {"type": "overloaded_error", "message": "boom"}, "request_id": "req_1"}),
    ],
)
def test_a_message_without_its_stop_is_not_complete(end: bytes) -> None:
    answer = read_bytes([START, delta("text_delta", text="a"), end])
    assert (answer.text, answer.end) == ("a", "error")
    if b"overloaded" in end:
        assert answer.failure
        assert (answer.failure.type, answer.failure.request_id) == ("overloaded_error", "req_1")


def test_a_message_of_blocks_that_no_format_sends_is_an_error_that_says_so() -> None:
    answer = read_bytes([START, block(type="container_upload", file_id="f"), closed(), ended("end_turn"), STOP])
    assert "the answer consists of container_upload" in str(answer.failure)

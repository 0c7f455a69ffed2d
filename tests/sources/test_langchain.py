"""What LangChain's messages bring, and when an iterator of them is complete."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import GenerationChunk

from faas_stream.sources import Delta
from tests.sources.answers import normal, read_items

PROVIDER = {"model_provider": "openai"}
STOP = {**PROVIDER, "finish_reason": "stop"}
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


def chunk(content: Any = "", id: str = "lc_run--1", **members: Any) -> AIMessageChunk:
    return AIMessageChunk(content=content, id=id, **members)


def piece(index: int | None = 0, id: str | None = None, name: str | None = None, args: str = "") -> dict[str, Any]:
    return {"index": index, "id": id, "name": name, "args": args, "type": "tool_call_chunk"}


@pytest.mark.parametrize(
    ("item", "delta"),
    [
        (chunk("a"), Delta(text="a")),
        (chunk([{"type": "text", "text": "a"}, "b"]), Delta(text="ab")),
        (chunk([{"type": "reasoning", "summary": [{"text": "h"}, {"text": "m"}]}]), Delta(reasoning="hm")),
        (chunk([{"type": "reasoning", "reasoning": "hm"}]), Delta(reasoning="hm")),
        (chunk([{"type": "thinking", "thinking": "hm", "signature": "x"}]), Delta(reasoning="hm")),
        (chunk([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]), Delta(reasoning="hm")),
        (chunk([{"type": "refusal", "refusal": "no"}]), Delta(text="no")),
        (chunk([{"type": "input_json_delta", "partial_json": "{"}]), Delta()),
        (chunk(additional_kwargs={"reasoning_content": "hm"}), Delta(reasoning="hm")),
        (chunk(additional_kwargs={"refusal": "no"}), Delta(text="no")),
        (chunk(additional_kwargs={"audio": {"transcript": "a"}}), Delta(text="a")),
        (chunk([{"type": "text", "text": "a", "annotations": [{"type": "url_citation", "url": "u", "title": "T"}]}]),
         Delta(text="a", citations=[{"url": "u", "title": "T"}])),
        (chunk([{"type": "text", "text": "a", "citations": [{"type": "char_location", "document_title": "D"}]}]),
         Delta(text="a", citations=[{"title": "D"}])),
        (chunk("a", usage_metadata=USAGE, response_metadata=STOP), Delta(text="a", usage=USAGE, finish_reason="stop")),
        (chunk(response_metadata={"stop_reason": "max_tokens"}), Delta(finish_reason="length")),
        (chunk(response_metadata={"done_reason": "stop"}), Delta(finish_reason="stop")),
        (chunk(response_metadata={"status": "completed"}), Delta(finish_reason="stop")),
        (chunk(response_metadata={"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
         Delta(finish_reason="length")),
        (chunk(response_metadata={"status": "in_progress"}), Delta()),
        (chunk(tool_call_chunks=[piece(0, "c", "f", "{}")]),
         Delta(tool_calls=[{"index": 0, "id": "c", "name": "f", "arguments": "{}"}])),
        (AIMessage("a", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "c", "type": "tool_call"}]),
         Delta(text="a", tool_calls=[{"index": 0, "id": "c", "name": "f", "arguments": '{"a":1}'}])),
        (chunk(additional_kwargs={"function_call": {"name": "f", "arguments": "{}"}}),
         Delta(tool_calls=[{"index": 0, "id": "call_0", "name": "f", "arguments": "{}"}])),
        (ToolMessage("42", tool_call_id="c", name="f"),
         Delta(tool_results=[{"id": "c", "name": "f", "result": "42"}])),
        (ToolMessage("boom", tool_call_id="c", name="f", status="error"),
         Delta(tool_results=[{"id": "c", "name": "f", "error": "boom"}])),
        (HumanMessage("the prompt"), Delta()),
        (SystemMessage("the prompt"), Delta()),
        (GenerationChunk(text="a", generation_info={"finish_reason": "stop"}), Delta(text="a", finish_reason="stop")),
        ((chunk("a"), {"langgraph_node": "agent"}), Delta(text="a")),
    ],
)  # fmt: skip
def test_a_message_brings(item: Any, delta: Delta) -> None:
    answer = read_items([item])
    assert list(map(normal, answer.deltas)) == [normal(delta)]
    assert answer.end == "complete"


def test_pieces_of_tool_calls_are_told_apart() -> None:
    pieces = [
        piece(0, "a", "f", "{"),
        piece(1, "b", "g"),
        piece(0, args="}"),
        piece(1, args="[]"),
        piece(None, "c", "h"),
    ]
    answer = read_items([*(chunk(tool_call_chunks=[each]) for each in pieces), chunk(response_metadata=STOP)])
    assert answer.tool_calls == [["a", "f", "{}"], ["b", "g", "[]"], ["c", "h", ""]]


def test_calls_of_two_models_with_the_same_index_are_two_calls() -> None:
    answer = read_items([chunk(tool_call_chunks=[piece(0, None, "f", "{}")], id=id) for id in ("1", "2")])
    assert answer.tool_calls == [["call_0", "f", "{}"], ["call_1", "f", "{}"]]


@pytest.mark.parametrize(
    ("items", "end"),
    [
        ([chunk("a", response_metadata=PROVIDER), chunk(response_metadata=STOP), chunk(chunk_position="last")],
         "complete"),
        ([chunk("a", response_metadata=PROVIDER), chunk(chunk_position="last")], "error"),
        ([chunk("", response_metadata=PROVIDER)], "error"),
        ([chunk("a", response_metadata={**PROVIDER, "finish_reason": ""})], "error"),
        ([chunk("a", response_metadata={**PROVIDER, "finish_reason": "error"})], "error"),
        ([chunk("a", response_metadata={**PROVIDER, "status": "failed"})], "error"),
        ([chunk("a")], "complete"),
        ([chunk([], "resp_1", response_metadata=PROVIDER), chunk("a", response_metadata=PROVIDER),
          chunk(response_metadata={**PROVIDER, "status": "completed"})], "complete"),
        ([chunk("a", "1", response_metadata=STOP), chunk("b", "2", response_metadata=PROVIDER)], "error"),
        ([chunk("a", "1", response_metadata=PROVIDER), chunk("b", "2", response_metadata=PROVIDER),
          chunk("", "1", response_metadata=STOP), chunk("", "2", response_metadata=STOP)], "complete"),
        ([chunk("a", "1", response_metadata=PROVIDER), chunk("", "2", response_metadata=STOP)], "error"),
        # The second of two streams: cut after its first chunk, and repeated after an error.
        ([chunk("a", "1", response_metadata=STOP), chunk("", "2", response_metadata=PROVIDER),
          chunk("", "2", chunk_position="last")], "error"),
        ([chunk("", "1", response_metadata=PROVIDER), chunk("a", "2", response_metadata=STOP),
          chunk("", "2", chunk_position="last")], "complete"),
    ],
)  # fmt: skip
def test_the_end_of_messages(items: list[Any], end: str) -> None:
    assert read_items(items).end == end


@pytest.mark.parametrize(
    "item",
    [
        chunk([{"type": "image_generation_call", "result": "AA"}]),
        chunk([{"type": "image", "base64": "AA"}]),
        chunk([{"type": "server_tool_use", "name": "web_search"}]),
        chunk(additional_kwargs={"audio": {"id": "a", "data": "AA"}}),
    ],
)
def test_messages_of_what_no_format_sends_are_an_error_that_says_so(item: Any) -> None:
    end = chunk(response_metadata=STOP)
    assert "no format can send: docs/formats.md" in str(read_items([item, end]).failure)
    assert read_items([item, chunk("a"), end]).end == "complete"
    assert read_items(["See: ", item, end]).end == "complete"


def test_parts_of_tool_calls_are_not_left_out() -> None:
    use = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
    items = [chunk([use]), chunk([{"type": "input_json_delta", "partial_json": ""}]), chunk(response_metadata=STOP)]
    assert read_items(items).end == "complete"


def test_half_a_character_waits_for_its_other_half() -> None:
    assert read_items([chunk("a\ud83d"), chunk("\ude00")]).text == "a😀"

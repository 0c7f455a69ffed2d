"""What the format `ai-sdk` sends: the parts of an AI SDK's message."""

import json
from typing import Any

import pytest

from faas_stream.framing import Event
from faas_stream.sources import Delta
from tests.formats.examples import AGENT, FIRST, ROUND, STEP, USAGE, of_an_agent
from tests.sources.answers import FORMATS, Answer, events, write


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

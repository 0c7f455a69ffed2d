"""What handlers may stream besides LangChain's messages: values of their own, and objects of the SDKs."""

import dataclasses
import datetime
import enum
import json
from collections.abc import Iterator
from typing import Any

import anthropic.types
import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessageChunk
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response
from pydantic import BaseModel

from faas_stream.framing import Event
from faas_stream.sources import Delta, ItemReader, UpstreamFailedError
from tests.sources import sdks
from tests.sources.answers import normal, read_bytes, read_items
from tests.sources.chunks import STOP, chat, choice, event, typed


def chunk(*choices: dict[str, Any], id: str = "c", **members: Any) -> ChatCompletionChunk:
    common = {"id": id, "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": list(choices)}
    return ChatCompletionChunk.model_validate({**common, **members})


class Hit(BaseModel):
    score: float
    when: datetime.date


@dataclasses.dataclass
class Point:
    x: float
    tags: tuple[str, ...] = ()


class Text(str):
    """As LangChain's parsers yield it."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("item", "deltas"),
    [
        ("a", [Delta(text="a")]),
        (Text("a"), [Delta(text="a")]),
        ("", []),
        (None, []),
        (b"\x00\xff", [Delta(text="AP8=")]),
        (bytearray(b"\x00\xff"), [Delta(text="AP8=")]),
        ({"a": 1}, [Delta(value={"a": 1}, has_value=True)]),
        ([1, None], [Delta(value=[1, None], has_value=True)]),
        ({}, [Delta(value={}, has_value=True)]),
        (("a", 1), [Delta(value=["a", 1], has_value=True)]),
        ({"a": float("nan"), 1: [float("-inf")]}, [Delta(value={"a": None, "1": [None]}, has_value=True)]),
        ({"a": "\ud83d\ude00 \ud83d"}, [Delta(value={"a": "😀 \ufffd"}, has_value=True)]),
        (Point(float("nan"), ("t",)), [Delta(value={"x": None, "tags": ["t"]}, has_value=True)]),
        (Hit(score=float("inf"), when=datetime.date(2026, 1, 2)),
         [Delta(value={"score": None, "when": "2026-01-02"}, has_value=True)]),
        ({"at": datetime.datetime(2026, 1, 2), "raw": b"\xff"},
         [Delta(value={"at": "2026-01-02T00:00:00", "raw": "/w=="}, has_value=True)]),
        (Event("a", "x", "1", 5), [Delta(event=Event("a", "x", "1", 5))]),
        (Event({"a": float("nan")}, "x"), [Delta(event=Event({"a": None}, "x"))]),
        (Event("\ud83d"), [Delta(event=Event("\ufffd"))]),
        (chunk(choice(content="a")), [Delta(text="a")]),
        (chunk(), [Delta()]),
        (Completion.model_validate({"id": "c", "object": "text_completion", "created": 1, "model": "m",
                                    "choices": [{"index": 0, "text": "a", "finish_reason": "length"}]}),
         [Delta(text="a", finish_reason="length")]),
    ],
)  # fmt: skip
def test_an_item_brings(item: Any, deltas: list[Delta]) -> None:
    actual = list(ItemReader().read(item))
    for delta in actual:
        if delta.verbatim:
            assert json.loads(delta.verbatim) == item.to_dict()
        delta.verbatim = ""
    assert list(map(normal, actual)) == list(map(normal, deltas))


def test_a_single_document_is_a_value() -> None:
    (delta,) = ItemReader().read(Document("a"))
    assert delta.value["page_content"] == "a"


class Kind(enum.Enum):
    SHORT = "short"


class Array:
    """As numpy's arrays and numbers are."""

    def tolist(self) -> list[float]:
        return [1.5, float("nan")]


class Blob(BaseModel):
    raw: bytes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Array(), [1.5, None]),
        (Kind.SHORT, "short"),
        (Blob(raw=b"\xff"), {"raw": "/w=="}),
        (Document("a", metadata={"score": float("inf")}).metadata, {"score": None}),
    ],
)
def test_values_that_retrievers_give_have_a_form_in_json(value: Any, expected: Any) -> None:
    (delta,) = ItemReader().read({"value": value})
    assert delta.value == {"value": expected}


def test_a_document_with_an_odd_object_is_refused_by_the_objects_type() -> None:
    with pytest.raises(TypeError, match=r"builtins\.object has no form in JSON"):
        list(ItemReader().read(Document("a", metadata={"odd": object()})))


def test_half_a_character_waits_for_its_other_half() -> None:
    assert [delta.text for delta in read_items(["a\ud83d", None, "\ude00b\ud83d"]).deltas] == ["a", "😀b", "\ufffd"]


@pytest.mark.parametrize("item", [3, 1.5, True, object(), Event])
def test_what_cannot_be_streamed_is_refused_with_what_was_expected(item: Any) -> None:
    with pytest.raises(TypeError, match=r"cannot be streamed\. Expected str, bytes, dict, Event"):
        list(ItemReader().read(item))


def test_a_value_without_a_form_in_json_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match=r"builtins\.object has no form in JSON.*convert it"):
        list(ItemReader().read({"a": object()}))


@pytest.mark.parametrize("item", ["a" * 11, b"a" * 11])
def test_an_item_above_the_limit_is_an_error_that_says_what_to_do(item: Any) -> None:
    reader = ItemReader(max_event=10)
    assert list(reader.read(item[:10]))
    with pytest.raises(ValueError, match="11 bytes or characters is larger than max_event, 10: yield smaller items"):
        list(reader.read(item))


LARGE_PARTS: list[Any] = [
    {"a": {"b": ["x" * 6, "y" * 6]}},
    ["x" * 6, "y" * 6],
    Event(data="x" * 11),
    Event(data={"a": "x" * 11}),
    AIMessageChunk(content="x" * 11),
    chunk(choice(content="x" * 11)),
]


@pytest.mark.parametrize("item", LARGE_PARTS, ids=lambda item: type(item).__name__)
def test_an_item_whose_parts_are_above_the_limit_is_an_error_too(item: Any) -> None:
    assert list(ItemReader(max_event=16).read(item))
    with pytest.raises(ValueError, match=r"larger than max_event, 10: yield smaller items"):
        list(ItemReader(max_event=10).read(item))


WHOLE_ANSWERS = [
    ChatCompletion.model_construct(object="chat.completion", choices=[]),
    Response.model_construct(object="response", output=[]),
    anthropic.types.Message.model_construct(type="message", content=[]),
]


@pytest.mark.parametrize("item", WHOLE_ANSWERS, ids=lambda item: type(item).__name__)
def test_a_whole_answer_is_refused_with_what_was_forgotten(item: Any) -> None:
    with pytest.raises(TypeError, match=rf"{type(item).__name__} is a whole answer.*stream=True"):
        list(ItemReader().read(item))


def test_a_chunk_that_says_it_is_whole_is_read() -> None:
    message = {"role": "assistant", "content": "Hi"}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
             "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}  # fmt: skip
    answer = read_items(sdks.sdk_items("chat", event(whole) + b"data: [DONE]\n\n"))
    assert (answer.text, answer.end) == ("Hi", "complete")


def test_what_has_to_be_awaited_or_iterated_is_refused_with_what_to_do() -> None:
    async def ask() -> None: ...

    coroutine = ask()
    with pytest.raises(TypeError, match="coroutine has to be awaited"):
        list(ItemReader().read(coroutine))
    coroutine.close()
    with pytest.raises(TypeError, match="stream inside a stream: yield its items"):
        list(ItemReader().read(iter("ab")))


def test_an_object_that_fails_brings_its_text_and_then_raises() -> None:
    deltas = iter(ItemReader().read(chunk(choice(content="a"), error={"code": 500})))
    assert next(deltas).text == "a"
    with pytest.raises(UpstreamFailedError) as raised:
        next(deltas)
    assert raised.value.status == 500


@pytest.mark.parametrize(
    ("items", "end"),
    [
        ([], "complete"),
        (["a", {"b": 1}, Event("c"), b"d"], "complete"),
        ([chunk(choice(content="a"))], "error"),
        (["a", chunk(choice(content="a"))], "error"),
        ([chunk(choice(content="a")), chunk(choice("stop"))], "complete"),
        ([chunk(choice(content="a")), chunk(choice("stop")), "b"], "complete"),
        ([chunk(choice("stop", content="a"), id="1"), chunk(choice(content="b"), id="2")], "error"),
        ([chunk(choice("stop", content="a"), id="1"), chunk(choice("stop", content="b"), id="2")], "complete"),
    ],
)
def test_the_end_of_items(items: list[Any], end: str) -> None:
    assert read_items(items).end == end


def helper_events(manager: Any) -> Iterator[Any]:
    with manager as stream:
        yield from stream


def test_the_events_of_the_sdks_helpers_bring_each_delta_once() -> None:
    http = sdks.client_of(chat(choice(role="assistant", content="Hi")) + STOP + b"data: [DONE]\n\n")
    chat_manager = sdks.openai_client(http).chat.completions.stream(model="m", messages=[])
    response = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": [], "tools": [],
                "parallel_tool_calls": True, "tool_choice": "auto"}  # fmt: skip
    part = {"type": "output_text", "text": "", "annotations": []}
    message = {"type": "message", "id": "i", "role": "assistant", "status": "in_progress", "content": []}
    responses = (
        typed("response.created", response=response)
        + typed("response.output_item.added", output_index=0, item=message)
        + typed("response.content_part.added", output_index=0, content_index=0, item_id="i", part=part)
        + typed("response.output_text.delta", output_index=0, content_index=0, item_id="i", delta="Hi", logprobs=[])
        + typed("response.output_item.done", output_index=0, item={**message, "status": "completed",
                                                                   "content": [{**part, "text": "Hi"}]})
        + typed("response.completed", response=response)
    )  # fmt: skip
    responses_manager = sdks.openai_client(sdks.client_of(responses)).responses.stream(model="m", input="hi")
    messages = (
        typed("message_start", message={"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m",
                                        "usage": {"input_tokens": 1, "output_tokens": 1}})
        + typed("content_block_start", index=0, content_block={"type": "text", "text": ""})
        + typed("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hi"})
        + typed("content_block_stop", index=0)
        + typed("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2})
        + typed("message_stop")
    )  # fmt: skip
    messages_manager = sdks.anthropic_client(sdks.client_of(messages)).messages.stream(
        model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}]
    )
    for manager in (chat_manager, responses_manager, messages_manager):
        answer = read_items(helper_events(manager))
        assert (answer.text, answer.finish_reason, answer.end) == ("Hi", "stop", "complete")


def test_the_events_of_helpers_are_not_unknown() -> None:
    reader = ItemReader()
    for type in ("text", "input_json", "content.delta", "content.done", "tool_calls.function.arguments.delta"):
        event = anthropic.types.RawMessageStopEvent.model_construct(type=type)
        assert list(reader.read(event)) == []
    assert not any("unknown" in note for note in reader.notes)


def test_single_objects_of_an_sdk_are_noted_for_the_log() -> None:
    reader = ItemReader()
    for _ in range(2):
        list(reader.read(anthropic.types.RawMessageStopEvent(type="message_stop")))
    (note,) = reader.notes
    assert "RawMessageStopEvent" in note
    assert "yield the whole stream" in note


def test_bytes_and_objects_of_the_same_stream_bring_the_same() -> None:
    stream = chat(choice(content="a")) + chat(choice("stop"), usage={"total_tokens": 3}) + b"data: [DONE]\n\n"
    objects = read_items(sdks.sdk_items("chat", stream))
    from_bytes = read_bytes([stream])
    assert [json.loads(delta.verbatim) for delta in objects.deltas] == [
        json.loads(delta.verbatim) for delta in from_bytes.deltas
    ]
    assert objects.usage == from_bytes.usage

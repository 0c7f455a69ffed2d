"""What handlers may stream: objects of the real packages, and everything of their own."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import GenerationChunk
from openai.types import Completion
from openai.types.chat import ChatCompletionChunk

from faas_stream.sources import Chunk, Source, read


def chat(**fields: Any) -> ChatCompletionChunk:
    common = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return ChatCompletionChunk.model_validate({**common, **fields})


def choice(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


CALL = {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}


@pytest.mark.parametrize(
    ("item", "chunk"),
    [
        ("a", Chunk(text="a")),
        (b"\x00\xff", Chunk(text="AP8=")),
        ({"a": 1}, Chunk(value={"a": 1}, has_value=True)),
        (chat(choices=[choice(content="a")]), Chunk(text="a")),
        (chat(choices=[choice(refusal="no")]), Chunk(text="no")),
        (chat(choices=[choice(reasoning_content="hm")]), Chunk(reasoning="hm")),
        (chat(choices=[choice(reasoning="hm")]), Chunk(reasoning="hm")),
        (chat(choices=[choice(tool_calls=[CALL])]), Chunk(tool_calls=[CALL])),
        (chat(choices=[choice("stop")]), Chunk(finish_reason="stop")),
        (chat(choices=[{**choice(content="b"), "index": 1}]), Chunk()),
        (chat(choices=[]), Chunk()),
        (
            chat(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
            Chunk(usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
        ),
        (
            Completion.model_validate(
                {"id": "c", "object": "text_completion", "created": 1, "model": "m",
                 "choices": [{"index": 0, "text": "a", "finish_reason": "length"}]}
            ),
            Chunk(text="a", finish_reason="length"),
        ),
        (AIMessageChunk(content="a"), Chunk(text="a")),
        (
            AIMessageChunk(
                content=[{"type": "text", "text": "a"}, {"type": "reasoning", "summary": [{"text": "hm"}]}, "b"],
                response_metadata={"status": "completed"},
            ),
            Chunk(text="ab", reasoning="hm", finish_reason="completed"),
        ),
        (
            AIMessageChunk(
                content="",
                additional_kwargs={"reasoning_content": "hm"},
                response_metadata={"finish_reason": "stop"},
                usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
            ),
            Chunk(
                reasoning="hm",
                finish_reason="stop",
                usage={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
                            ),
        ),
        (GenerationChunk(text="a", generation_info={"finish_reason": "stop"}), Chunk(text="a", finish_reason="stop")),
    ],
)  # fmt: skip
def test_an_item_brings(item: Any, chunk: Chunk) -> None:
    found = read(item)
    if found.verbatim:
        assert json.loads(found.verbatim) == item.to_dict()
    found = replace(found, tool_calls=tuple(found.tool_calls), citations=tuple(found.citations), verbatim="")
    assert found == replace(chunk, tool_calls=tuple(chunk.tool_calls))


@pytest.mark.parametrize("item", [3, None, object()])
def test_what_cannot_be_streamed_is_refused_with_what_could_be(item: Any) -> None:
    with pytest.raises(TypeError, match=r"cannot be streamed\. Expected str, bytes, dict, Event"):
        read(item)


def test_asynchronous_sources_are_refused_with_what_to_do() -> None:
    async def source() -> Any:
        yield "a"

    with pytest.raises(TypeError, match="use the sync client"):
        read(next(iter(Source(source()))))


class Closable:
    """An iterable whose own iterator can be closed too, as the SDK's streams are."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def __iter__(self) -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            self.closed.append("iterator")

    def close(self) -> None:
        self.closed.append("source")


def test_closing_reaches_the_iterator_and_then_the_source() -> None:
    closable = Closable()
    source = Source(closable)
    next(iter(source))
    source.close()
    source.close()
    assert closable.closed == ["iterator", "source"]


def test_a_source_that_is_never_read_is_closed_too() -> None:
    closable = Closable()
    Source(closable).close()
    assert closable.closed == ["source"]


def test_a_callable_is_called_when_it_is_read_and_what_it_returns_is_closed() -> None:
    closable = Closable()
    called = []

    def source() -> Closable:
        called.append(True)
        return closable

    opened = Source(lambda: source)
    assert not called
    next(iter(opened))
    opened.close()
    assert closable.closed == ["iterator", "source"]


def test_a_close_that_fails_does_not_keep_the_others_from_closing() -> None:
    class Failing(Closable):
        def __iter__(self) -> Iterator[str]:
            try:
                yield "a"
            finally:
                raise ValueError("the iterator")

    closable = Failing()
    source = Source(closable)
    next(iter(source))
    with pytest.raises(ValueError, match="the iterator"):
        source.close()
    assert closable.closed == ["source"]


class Manager:
    """What `client.responses.stream(…)` returns: nothing to iterate until it is entered."""

    def __init__(self) -> None:
        self.exited = False

    def __enter__(self) -> list[str]:
        return ["a"]

    def __exit__(self, *_: object) -> None:
        self.exited = True


def test_a_context_manager_is_entered_and_left() -> None:
    manager = Manager()
    source = Source(manager)
    assert list(source) == ["a"]
    source.close()
    assert manager.exited


@pytest.mark.parametrize("alone", ["text", b"bytes", {"a": 1}])
def test_one_item_alone_is_a_stream_of_one(alone: Any) -> None:
    assert list(Source(alone)) == [alone]

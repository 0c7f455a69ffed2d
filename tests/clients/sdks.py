"""OpenAI's SDK, called in three ways, and LangChain."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from langchain_openai import ChatOpenAI
from openai import APIError, APIStatusError, AsyncOpenAI, OpenAI

from tests.clients.reports import Delta, End, Failed, Question, Report

_TIMEOUT_S = 20


def _settings(question: Question) -> dict[str, Any]:
    return {
        "base_url": question.base_url,
        "api_key": question.token,
        "default_query": dict(question.query),
        "default_headers": dict(question.headers),
        "max_retries": 0,
        "timeout": _TIMEOUT_S,
    }


def _call(question: Question) -> dict[str, Any]:
    return {
        "model": question.model,
        "messages": [{"role": "user", "content": question.prompt}],
        "stream_options": {"include_usage": True},
    }


class _Reading:
    """What the chunks have brought so far."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._tokens: int | None = None

    def deltas(self, chunk: Any) -> Iterator[Delta]:
        for choice in chunk.choices:
            self._reason = choice.finish_reason or self._reason
            if choice.delta.content:
                yield Delta(choice.delta.content)
        if chunk.usage:
            self._tokens = chunk.usage.total_tokens

    def end(self) -> End:
        return End(self._reason, self._tokens)


def _failed(error: APIError) -> Failed:
    status = error.status_code if isinstance(error, APIStatusError) else None
    return Failed(type(error).__name__, status, error.code)


def sync(question: Question) -> Iterator[Report]:
    """`create(stream=True)`."""
    reading = _Reading()
    try:
        with (
            OpenAI(**_settings(question)) as client,
            client.chat.completions.create(**_call(question), stream=True) as stream,
        ):
            for chunk in stream:
                yield from reading.deltas(chunk)
            yield reading.end()
    except APIError as error:
        yield _failed(error)


def helper(question: Question) -> Iterator[Report]:
    """`.stream()` and its events."""
    reading = _Reading()
    try:
        with OpenAI(**_settings(question)) as client, client.chat.completions.stream(**_call(question)) as stream:
            for event in stream:
                if event.type == "chunk":
                    list(reading.deltas(event.chunk))
                if event.type == "content.delta" and event.delta:
                    yield Delta(event.delta)
            yield reading.end()
    except APIError as error:
        yield _failed(error)


def asynchronous(question: Question) -> Iterator[Report]:
    """The asynchronous client."""

    async def reports() -> AsyncIterator[Report]:
        reading = _Reading()
        try:
            async with (
                AsyncOpenAI(**_settings(question)) as client,
                await client.chat.completions.create(**_call(question), stream=True) as stream,
            ):
                async for chunk in stream:
                    for delta in reading.deltas(chunk):
                        yield delta
                yield reading.end()
        except APIError as error:
            yield _failed(error)

    return _one_by_one(reports)


def langchain(question: Question) -> Iterator[Report]:
    """LangChain as the client, not as the function."""
    model = ChatOpenAI(model=question.model, stream_usage=True, **_settings(question))
    reason, tokens = None, None
    try:
        for chunk in model.stream(question.prompt):
            reason = chunk.response_metadata.get("finish_reason") or reason
            usage = getattr(chunk, "usage_metadata", None)
            tokens = usage["total_tokens"] if usage else tokens
            if chunk.content:
                yield Delta(str(chunk.content))
        yield End(reason, tokens)
    except APIError as error:
        yield _failed(error)


def _one_by_one(source: Callable[[], AsyncIterator[Report]]) -> Iterator[Report]:
    """An asynchronous iterator's items, each as soon as it is there."""
    with asyncio.Runner() as runner:
        items = source()
        try:
            while True:
                try:
                    yield runner.run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            runner.run(_close(items))


async def _next(items: AsyncIterator[Report]) -> Report:
    return await anext(items)


async def _close(items: Any) -> None:
    await items.aclose()

"""The five-line handler on the async SDK, with the SDK's default of two retries."""

import os
from collections.abc import AsyncIterator
from typing import Any

import flask
from openai import AsyncOpenAI, DefaultAioHttpClient

from faas_stream import stream

client = AsyncOpenAI(api_key="k", base_url=os.environ["openai_base_url"], http_client=DefaultAioHttpClient())


def create(prompt: str) -> Any:
    """A call that is not awaited yet."""
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}], stream=True)


def handle(req: str) -> flask.Response:
    return stream(create(req))


def called(req: str) -> flask.Response:
    return stream(lambda: create(req))


def iterated(req: str) -> flask.Response:
    return stream(texts(req))


def chunks(req: str) -> flask.Response:
    """The SDK's objects one by one, which is slower than the stream itself."""

    async def each() -> AsyncIterator[Any]:
        async for chunk in await create(req):
            yield chunk

    return stream(each())


def iterator(req: str) -> flask.Response:
    """An object that is an async iterator, but no generator."""
    return stream(Iterator(req))


async def texts(prompt: str) -> AsyncIterator[str]:
    async for chunk in await create(prompt):
        for choice in chunk.choices:
            if choice.delta.content:
                yield choice.delta.content


class Iterator:
    def __init__(self, prompt: str) -> None:
        self._texts = texts(prompt)

    def __aiter__(self) -> "Iterator":
        return self

    async def __anext__(self) -> str:
        return await anext(self._texts)

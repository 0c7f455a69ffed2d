"""Generators that yield whole SDK streams, SDK context managers, and event streams that are passed through."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import flask
import httpx2

from faas_stream import passthrough, stream

from . import async_openai, default_retries

sync_http = httpx2.Client()


def two(req: str) -> flask.Response:
    return stream(_two(req))


def two_async(req: str) -> flask.Response:
    """Calls that are awaited by the generator."""
    return stream(_two_async(req))


def two_awaitables(req: str) -> flask.Response:
    """Calls that the template awaits."""
    return stream(_two_awaitables(req))


def two_sync_in_async(req: str) -> flask.Response:
    """Streams of the sync SDK that an async generator yields."""
    return stream(_two_sync_in_async(req))


def before_texts(req: str) -> flask.Response:
    """A stream of the kind `?kind=`, and more items than the thread may read ahead."""
    return stream(_before_texts(req, flask.request.args["kind"]))


def among_own_frames(req: str) -> flask.Response:
    return flask.Response(_two(req), mimetype="text/event-stream")


def behind_large_text(req: str) -> flask.Response:
    """A stream of the sync SDK behind what a slow client does not read."""
    return stream(_behind_large_text(req))


def mixed(req: str) -> flask.Response:
    return stream(_mixed(req))


def manager(req: str) -> flask.Response:
    """The sync SDK's `.stream()` helper, not entered."""
    return stream(default_retries.client.chat.completions.stream(model="m", messages=_messages(req)))


def async_manager(req: str) -> flask.Response:
    return stream(async_openai.client.chat.completions.stream(model="m", messages=_messages(req)))


def passed(req: str) -> flask.Response:
    request = sync_http.build_request("POST", _url(), json={"stream": True, "messages": _messages(req)})
    return passthrough(sync_http.send(request, stream=True))


def _url() -> str:
    return os.environ["openai_base_url"] + "/chat/completions"


def _messages(prompt: str) -> Any:
    return [{"role": "user", "content": prompt}]


def _create(prompt: str) -> Any:
    return default_retries.client.chat.completions.create(model="m", messages=_messages(prompt), stream=True)


def _two(prompt: str) -> Iterator[Any]:
    yield _create(prompt)
    yield _create(prompt)


async def _two_async(prompt: str) -> AsyncIterator[Any]:
    yield await async_openai.create(prompt)
    yield await async_openai.create(prompt)


async def _two_awaitables(prompt: str) -> AsyncIterator[Any]:
    yield async_openai.create(prompt)
    yield async_openai.create(prompt)


async def _two_sync_in_async(prompt: str) -> AsyncIterator[Any]:
    yield await asyncio.to_thread(_create, prompt)
    yield await asyncio.to_thread(_create, prompt)


def _before_texts(prompt: str, kind: str) -> Iterator[Any]:
    if kind == "manager":
        yield default_retries.client.chat.completions.stream(model="m", messages=_messages(prompt))
    elif kind == "awaitable":
        yield asyncio.to_thread(_create, prompt)
    elif kind == "nested":
        yield _nested(prompt)
    yield from "0123456789"


async def _nested(prompt: str) -> AsyncIterator[Any]:
    yield await asyncio.to_thread(_create, prompt)


def _behind_large_text(prompt: str) -> Iterator[Any]:
    yield "x" * 1024 * 1024
    yield from "abcd"
    yield _create(prompt)


def _mixed(prompt: str) -> Iterator[Any]:
    yield "before "
    yield _create(prompt)
    yield " after"

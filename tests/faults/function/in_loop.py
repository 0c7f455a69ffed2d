"""Async sources and handlers that misbehave in the event loop, which all answers share."""

import asyncio
import builtins
import time
from asyncio import CancelledError
from collections.abc import AsyncIterator
from typing import Any

import flask

from faas_stream import stream

SECRET = "sk-secret-in-an-error"


def request_in_source(_req: str) -> flask.Response:
    return stream(_texts_of_request())


async def _texts_of_request() -> AsyncIterator[str]:
    yield flask.request.path
    await asyncio.sleep(0)
    yield " " + flask.request.headers["X-Call-Id"]


def swallows_cancel(_req: str) -> flask.Response:
    """A source that swallows its first two cancellations."""
    return stream(_swallowing())


async def _swallowing() -> AsyncIterator[str]:
    yield "first"
    for _ in range(2):
        try:
            await asyncio.sleep(60)
        except CancelledError:
            continue
    await asyncio.sleep(60)


def never_closed(_req: str) -> flask.Response:
    return stream(NeverClosed())


class NeverClosed:
    """Two items, and an `aclose()` that does not return."""

    def __init__(self) -> None:
        self._items = iter(["first", "last"])

    def __aiter__(self) -> "NeverClosed":
        return self

    async def __anext__(self) -> str:
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        await asyncio.sleep(3600)


def never_leaves_finally(_req: str) -> flask.Response:
    return stream(_never_leaves_finally())


async def _never_leaves_finally() -> AsyncIterator[str]:
    try:
        yield "first"
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(3600)


def blocks_the_loop(req: str) -> flask.Response:
    return stream(sleeps_in_the_loop(float(req)))


async def sleeps_in_the_loop(seconds: float) -> AsyncIterator[str]:
    yield "first"
    time.sleep(seconds)
    yield "last"


def at_first(req: str) -> flask.Response:
    return stream(_items(req, 0))


def later(req: str) -> flask.Response:
    return stream(_items(req, 2))


def awaited(req: str) -> flask.Response:
    """An awaitable that raises, in place of an SDK's call."""
    return stream(raising(req))


async def own_task(req: str) -> str:
    """Leaves a task behind whose exception nobody retrieves."""
    task = asyncio.ensure_future(raising(req))
    _tasks.append(task)
    return "started"


_tasks: list[Any] = []


async def raising(name: str) -> Any:
    await asyncio.sleep(0)
    raise _error(name)


async def _items(name: str, number: int) -> AsyncIterator[str]:
    for _ in range(number):
        yield "an item"
    raise _error(name)


def _error(name: str) -> BaseException:
    error: Any = CancelledError if name == "CancelledError" else getattr(builtins, name)
    raised: BaseException = error(SECRET)
    return raised

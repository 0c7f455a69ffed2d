"""Sources of every kind for `stream`, and how the stream of each ends."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import flask

DONE = "data: [DONE]\n\n"


def in_thread() -> Iterator[str]:
    yield "a"
    yield flask.request.method


async def in_loop() -> AsyncIterator[str]:
    yield "a"
    yield flask.request.method


async def awaited() -> AsyncIterator[str]:
    return in_loop()


async def awaited_list() -> list[str]:
    return ["a", "POST"]


async def nested() -> AsyncIterator[Any]:
    yield in_loop()
    yield "b"


SOURCES: dict[str, Callable[[], Any]] = {
    "a list": lambda: ["a", "POST"],
    "a generator": in_thread,
    "a function": lambda: in_thread,
    "an async generator": in_loop,
    "an async generator function": lambda: in_loop,
    "an awaitable of an async generator": awaited,
    "an awaitable of a list": awaited_list,
    "a coroutine function": lambda: awaited,
}

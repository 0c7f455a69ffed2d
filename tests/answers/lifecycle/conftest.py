"""Functions with a scripted clock, their client, and the source of their answers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.answers.client import Client
from tests.answers.lifecycle.feed import END, Feed
from tests.answers.lifecycle.function import Function, Serve


@pytest.fixture
def serve() -> Iterator[Serve]:
    functions: list[Function] = []

    def serve(handle: Callable[[Any], Any], *, is_loaded: bool = True, **settings: str) -> Function:
        functions.append(Function(handle, **settings))
        if is_loaded:
            functions[-1].load()
        return functions[-1]

    yield serve
    for function in functions:
        function.close()


@pytest.fixture
def feed() -> Iterator[Feed]:
    feed = Feed()
    yield feed
    feed.send(END)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture(params=["pull", "pull_async"])
def source(request: pytest.FixtureRequest, feed: Feed) -> Callable[[], Any]:
    """The feed as a sync and as an async generator."""
    pull: Callable[[], Any] = getattr(feed, request.param)
    return pull

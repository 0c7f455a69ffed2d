"""Sources that send more than a client may want to read."""

import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import flask

from faas_stream import stream

KIB = "x" * 1024


def endless(_req: str) -> flask.Response:
    return stream(_forever())


def sized(req: str) -> flask.Response:
    """So many KiB, one per item."""
    return stream(KIB for _ in range(int(req)))


def relayed(req: str) -> flask.Response:
    return flask.Response((KIB.encode() for _ in range(int(req))), mimetype="text/event-stream")


def at_once(req: str) -> flask.Response:
    """So many KiB as one item."""
    return stream([KIB * int(req)])


def large(req: str) -> flask.Response:
    """Items of so many KiB each, without end."""
    return stream(KIB * int(req) for _ in itertools.count())


def large_async(req: str) -> flask.Response:
    async def items() -> AsyncIterator[str]:
        while True:
            yield KIB * int(req)

    return stream(items())


def large_pieces(req: str) -> flask.Response:
    """The same from a WSGI application."""

    def application(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        while True:
            yield b"x" * 1024 * int(req)

    return application  # type: ignore[return-value]


def then_silence(req: str) -> flask.Response:
    """So many KiB in one item, then nothing for a minute."""
    return stream(_then_silence(KIB * int(req)))


def _then_silence(item: str) -> Iterator[str]:
    yield item
    threading.Event().wait(60)


def _forever() -> Iterator[str]:
    while True:
        yield KIB

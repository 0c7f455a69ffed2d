"""Sources with more to say than a reader may want to take."""

from collections.abc import Iterator

import flask

from faas_stream import stream

KIB = "x" * 1024


def endless(_req: str) -> flask.Response:
    return stream(_forever())


def sized(req: str) -> flask.Response:
    """So many KiB, one an item."""
    return stream(KIB for _ in range(int(req)))


def relayed(req: str) -> flask.Response:
    return flask.Response((KIB.encode() for _ in range(int(req))), mimetype="text/event-stream")


def at_once(req: str) -> flask.Response:
    """So many KiB as one item."""
    return stream([KIB * int(req)])


def _forever() -> Iterator[str]:
    while True:
        yield KIB

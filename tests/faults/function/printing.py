"""Handlers that print."""

import sys
from collections.abc import Iterator

import flask

from faas_stream import stream


def long_line(req: str) -> flask.Response:
    """So many bytes, without a line break, on both streams."""
    print("o" * int(req), end="")
    print("e" * int(req), end="", file=sys.stderr)
    return stream(["printed"])


def half_line(_req: str) -> flask.Response:
    print("no line break", end="", flush=True)
    return stream(["printed"])


def each_token(req: str) -> flask.Response:
    return stream(_tokens(int(req)))


def _tokens(number: int) -> Iterator[str]:
    for _ in range(number):
        print("a line of the handler's own", flush=True)
        yield "token "

"""Handlers and sources that fail. The body says with which error."""

import builtins
from asyncio import CancelledError
from collections.abc import Iterator
from typing import Any

import flask

from faas_stream import stream

SECRET = "sk-secret-in-an-error"


def at_once(req: str) -> flask.Response:
    raise _error(req)


def at_first(req: str) -> flask.Response:
    return stream(_items(req, 0))


def later(req: str) -> flask.Response:
    return stream(_items(req, 2))


def relayed(req: str) -> flask.Response:
    return flask.Response(_frames(req), mimetype="text/event-stream")


def relayed_text(req: str) -> flask.Response:
    return flask.Response(_items(req, 2), mimetype="text/plain")


def in_close(req: str) -> flask.Response:
    return stream(_BadlyClosed(req))


def strange_item(req: str) -> flask.Response:
    """Streams what cannot be streamed, after as many items as the body says."""
    return stream([*["an item"] * int(req), object()])


def headers(_req: str) -> flask.Response:
    """Sets what only a server may set."""
    response = stream(["whole"])
    response.headers.update({"Connection": "keep-alive", "Keep-Alive": "timeout=5", "Transfer-Encoding": "chunked"})
    return response


def strange_header(_req: str) -> flask.Response:
    """A header that HTTP cannot carry: it is not Latin-1."""
    response = stream(["an item"])
    response.headers["X-Title"] = "first – second"
    return response


def _items(name: str, number: int) -> Iterator[str]:
    yield from ["an item"] * number
    raise _error(name)


def _frames(name: str) -> Iterator[str]:
    for item in _items(name, 2):
        yield f"data: {item}\n\n"


def _error(name: str) -> BaseException:
    error: Any = CancelledError if name == "CancelledError" else getattr(builtins, name)
    raised: BaseException = error(SECRET)
    return raised


class _BadlyClosed:
    def __init__(self, name: str) -> None:
        self._items = iter(["an item"])
        self._name = name

    def __iter__(self) -> Iterator[str]:
        return self._items

    def close(self) -> None:
        raise _error(self._name)

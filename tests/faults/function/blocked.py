"""Sources and handlers that wait in code that nothing can end: for a pipe that the body names, or a pause."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask

from faas_stream import stream

_released: defaultdict[str, threading.Event] = defaultdict(threading.Event)


def source(req: str) -> flask.Response:
    return stream(_between_items(req))


def handler(req: str) -> flask.Response:
    Path(req).read_text()
    return stream(["late"])


def late_page(req: str) -> tuple[str, int]:
    """The author's own error response, which comes late."""
    Path(req).read_text()
    return "no such conversation", 404


def pause(req: str) -> flask.Response:
    """So many seconds between two items."""
    return stream(_paused(float(req)))


def in_own_thread(req: str) -> str:
    """Waits in a thread that is no daemon."""
    threading.Thread(target=Path(req).read_text).start()
    return "started"


def until_released(req: str) -> flask.Response:
    """An answer that ends when `release` gets its name: `?name=`, or the body."""
    return stream(_held(flask.request.args.get("name", req)))


def release(req: str) -> str:
    """Ends every answer of `until_released` that has this name."""
    _released[req].set()
    return "released"


def by_query(_req: str) -> flask.Response:
    """As `handler`, with the pipe in the query, so that the body can be JSON."""
    Path(flask.request.args["pipe"]).read_text()
    return stream(["late"])


def late_text(req: str) -> str:
    """An answer that is no stream, and late."""
    Path(req).read_text()
    return "a late text"


def late_json(req: str) -> dict[str, str]:
    Path(req).read_text()
    return {"a late": "document"}


def late_redirect(req: str) -> Any:
    Path(req).read_text()
    return flask.redirect("/elsewhere")


def _between_items(path: str) -> Iterator[str]:
    try:
        yield "first"
        Path(path).read_text()
        yield "second"
    finally:
        print(f"closed {path}", flush=True)


def _paused(seconds: float) -> Iterator[Any]:
    try:
        yield "first"
        time.sleep(seconds)
        yield "second"
    finally:
        print(f"closed after {seconds}", flush=True)


def _held(name: str) -> Iterator[str]:
    yield "first"
    _released[name].wait(60)
    yield "last"

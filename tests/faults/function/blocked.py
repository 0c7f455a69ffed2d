"""Sources and handlers that wait in code that nothing can hurry: for a pipe that the body names, or a pause."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask

from faas_stream import stream

_released = threading.Event()


def source(req: str) -> flask.Response:
    return stream(_between_items(req))


def handler(req: str) -> flask.Response:
    Path(req).read_text()
    return stream(["late"])


def late_page(req: str) -> tuple[str, int]:
    """A refusal of the author's own, which comes late."""
    Path(req).read_text()
    return "no such conversation", 404


def pause(req: str) -> flask.Response:
    """So many seconds between two items."""
    return stream(_paused(float(req)))


def beside(req: str) -> str:
    """Leaves the waiting to a thread that is no daemon."""
    threading.Thread(target=Path(req).read_text).start()
    return "started"


def until_released(_req: str) -> flask.Response:
    return stream(_held())


def release(_req: str) -> str:
    """Lets all go on that wait for it."""
    _released.set()
    return "released"


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


def _held() -> Iterator[str]:
    yield "first"
    _released.wait(60)
    yield "last"

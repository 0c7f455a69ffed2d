"""The handler of tests/test_wsgi.py: an application for each path, each checked by the standard library's validator."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from wsgiref.validate import validator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from .asgi import as_wsgi  # type: ignore[import-not-found]  # what docs/applications.md shows

EVENTS = [("Content-Type", "text/event-stream")]
TEXT = [("Content-Type", "text/plain")]
FILE = Path(gettempdir(), "file.bin")
FILE.write_bytes(bytes(range(256)) * 1200)

may_go_on: dict[str, threading.Event] = {}
"""By call id. A request to /release sets the event that its body names."""


class Closing:
    """An iterable that prints where and how often it is closed."""

    def __init__(self, body: Iterator[bytes], call_id: str) -> None:
        self.body, self.call_id, self.thread, self.closed = body, call_id, threading.get_ident(), 0

    def __iter__(self) -> Iterator[bytes]:
        return self.body

    def close(self) -> None:
        self.closed += 1
        is_same = threading.get_ident() == self.thread
        self.body.close()  # type: ignore[attr-defined]
        print(f"{self.call_id} was closed {self.closed} times, in its own thread: {is_same}")


def events(environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", EVENTS)
    return Closing(two_events(environ["HTTP_X_CALL_ID"]), environ["HTTP_X_CALL_ID"])


def two_events(call_id: str) -> Iterator[bytes]:
    yield b"data: first\n\n"
    may_go_on.setdefault(call_id, threading.Event()).wait(20)
    yield b"data: last\n\n"


def writes(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    write = start_response("200 OK", EVENTS)
    for event in two_events(environ["HTTP_X_CALL_ID"]):
        write(event)
    return [b"data: returned\n\n"]


def release(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", TEXT)
    call_id = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
    may_go_on.setdefault(call_id, threading.Event()).set()
    return [b"released"]


def raises(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", EVENTS if environ["QUERY_STRING"] == "events" else TEXT)
    yield b"data: first\n\n"
    raise RuntimeError("in mid-stream")


def short(_environ: object, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [*TEXT, ("Content-Length", "100000")])
    yield b"short"


def compressed(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [*EVENTS, ("Content-Encoding", "gzip")])
    return two_events(environ["HTTP_X_CALL_ID"])


def flood(_environ: object, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", TEXT)
    for _ in range(200):
        yield b"x" * 100_000


def size(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", TEXT)
    return [str(len(environ["wsgi.input"].read(10_000_000))).encode()]


def host(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", TEXT)
    return [f"{environ['HTTP_X_FORWARDED_PROTO']}://{environ['HTTP_X_FORWARDED_HOST']}".encode()]


def slow(_environ: object, start_response: Any) -> Iterator[bytes]:
    may_go_on.setdefault("slow", threading.Event()).wait(20)
    start_response("200 OK", TEXT)
    yield b"not an event"


def file(environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return environ["wsgi.file_wrapper"](FILE.open("rb"))


api = FastAPI()
"""In a module with `handle`, the template would call `api`."""


@api.get("/asgi")
async def asgi(call_id: str) -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        try:
            yield b"data: first\n\n"
            await asyncio.to_thread(may_go_on.setdefault(call_id, threading.Event()).wait, 20)
            yield b"data: last\n\n"
            while call_id == "gone":  # its client has disconnected, which the application learns at one of these pieces
                await asyncio.sleep(0.05)
                yield b"data: more\n\n"
        except (asyncio.CancelledError, GeneratorExit):
            print(f"{call_id} was cancelled", flush=True)
            raise

    return StreamingResponse(body(), media_type="text/event-stream")


APPLICATIONS = {
    f"/{function.__name__}": validator(function)
    for function in (events, writes, release, raises, short, compressed, flood, size, host, slow)
} | {"/file": file, "/asgi": as_wsgi(api)}


def application(environ: dict[str, Any], start_response: Any) -> Any:
    return APPLICATIONS[environ["PATH_INFO"]](environ, start_response)

"""A WSGI application, returned by a handler. Its frames are its own."""

from collections.abc import Iterator
from typing import Any

from .sync_openai import texts


def handle(_req: str) -> Any:
    return application


def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    prompt = environ["wsgi.input"].read().decode()
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    return frames(prompt)


def frames(prompt: str) -> Iterator[bytes]:
    for text in texts(prompt):
        yield f"data: {text}\n\n".encode()
    yield b"data: [DONE]\n\n"

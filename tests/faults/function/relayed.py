"""A handler without `stream`: a response of Flask's, whose frames are the author's own."""

from collections.abc import Iterator

import flask

from .generator import deltas


def handle(req: str) -> flask.Response:
    return flask.Response(frames(req), mimetype="text/event-stream")


def frames(prompt: str) -> Iterator[str]:
    for delta in deltas(prompt):
        yield f"data: {delta}\n\n"
    yield "data: [DONE]\n\n"

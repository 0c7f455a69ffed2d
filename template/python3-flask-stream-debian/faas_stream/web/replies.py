"""A Flask response as the answer's coroutine needs it: a stream that it sends, or a whole response for the thread."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import flask

from faas_stream.answers.output import ROOM_BYTES
from faas_stream.answers.reply import Stream, Whole
from faas_stream.errors import Failure
from faas_stream.failures import relayed_refusal
from faas_stream.sources.values import parse_json
from faas_stream.sources.whole_answer import end_of
from faas_stream.web.application import is_file
from faas_stream.web.headers import sendable
from faas_stream.web.streaming import ANSWER, DocumentResponse, StreamedResponse, raw_stream


class ErrorResponse(flask.Response):
    """An error before the first byte: its status and `{"error": {"code", "message", "type"}}`.

    dialect: of `Failure.body`. upstream: what upstream said about it, for the log record.
    """

    def __init__(self, failure: Failure, dialect: str = "", upstream: Mapping[str, Any] = {}) -> None:
        body = flask.json.dumps(failure.body(dialect)) + "\n"
        super().__init__(body, failure.status, dict(failure.headers), content_type="application/json")
        self.failure, self.upstream = failure, upstream


def reply_of(response: flask.Response, environ: dict[str, Any]) -> Whole | Stream:
    """The response as a stream, which the event loop sends, or as a whole, which the request's thread sends."""
    details = _details(response)
    is_bodiless = environ["REQUEST_METHOD"] == "HEAD" or response.status_code in (204, 304)
    if isinstance(response, StreamedResponse):
        stream = response.stream_to_send
        headers = _headers(response, environ)
        if is_bodiless:
            environ[ANSWER].call.discard(stream)
            response.response = ()
            return Whole(response, response.status_code, close=response.close)
        return replace(stream, status=response.status, headers=headers, close=response.close)
    body: Any = response.response
    if response.direct_passthrough:  # a file, of which a request with Range gets a part that is none
        is_whole = is_file(body, environ)
    else:  # a large page counts as an answer does, because the server would keep it for a client that does not read
        is_whole = not response.is_streamed and len(response.get_data()) <= ROOM_BYTES
    if is_bodiless or is_whole:
        _headers(response, environ)
        return Whole(response, response.status_code, close=response.close, **details)
    source = _encoded(body) if hasattr(body, "__aiter__") else response.iter_encoded()
    stream = raw_stream(source, response.status, _headers(response, environ), response.close)
    stream.encoder.finish_reason, stream.encoder.usage = details.get("finish_reason"), details.get("usage")
    return stream


def _details(response: flask.Response) -> dict[str, Any]:
    """What the log record has of a whole response, and what a client learns whose event stream has begun already."""
    if isinstance(response, ErrorResponse):
        return {"code": response.failure.code, "failure": response.failure, "upstream": response.upstream}
    if not isinstance(response, DocumentResponse):
        return {}
    if response.status_code < 400:
        finish_reason, usage = end_of(response.get_data())
        return {"is_answer": True, "finish_reason": finish_reason, "usage": usage}
    try:
        body = parse_json(response.get_data(as_text=True))
    except ValueError:
        body = None
    with_message = flask.current_app.settings.log_upstream_messages  # type: ignore[attr-defined]
    return relayed_refusal(response.status_code, body, with_message=with_message)


def _headers(response: flask.Response, environ: dict[str, Any]) -> list[tuple[str, str]]:
    """The response's headers. Raises UnicodeEncodeError for one that HTTP cannot carry."""
    return sendable(response.get_wsgi_headers(environ).to_wsgi_list(), {})


async def _encoded(pieces: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    try:
        async for piece in pieces:
            yield piece.encode() if isinstance(piece, str) else piece
    finally:
        if hasattr(pieces, "aclose"):  # Flask closes only what has a `close`
            await pieces.aclose()

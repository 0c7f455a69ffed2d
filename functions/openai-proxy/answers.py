"""What upstream has answered, as its body shows and not as its headers say, and what the client gets.

| upstream's body | the client gets |
|---|---|
| Server-Sent Events | its events, as they arrive; a refusal, if the first of them is an error and the status too |
| JSON | the document; the events of a stream, if the request asked for one |
| JSON with an error and status 200 | 502, and the error in the shape of the API |
| sound, pictures, plain text, where the endpoint has them | its bytes, as they arrive |
| anything else, such as HTML | an error in the shape of the API |

| upstream's status | the client gets |
|---|---|
| 200 to 299 | 200 to 299 |
| 400 to 599 | the same; 502 for 401 and 403, which are about our key |
| anything else | 502 |
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import flask
import httpx2
from openai import APIConnectionError

from faas_stream import document, passthrough

from . import headers, redaction, whole
from .routes import Route
from .upstream import refusal

MAX_BYTES = 64 * 1024 * 1024
"""The most that a document may have, after decompression."""

_MAX_EVENT_HELD = 8 * 1024 * 1024
"""A longer event is passed on in pieces."""

_MAX_BLANK = 64 * 1024
"""A body that begins with more blanks than this is not a stream."""

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_ENDS_OF_EVENTS = (b"\n\n", b"\n\r\n", b"\r\r")
_COMMENTS = re.compile(rb"(:[^\r\n]*[\r\n]+)+")
_IN_THREAD_BYTES = 256 * 1024
"""A larger document is parsed in another thread, because it would hold up every other answer."""


async def relay(upstream: httpx2.Response, route: Route, *, wants_stream: bool) -> flask.Response:
    """What the client gets. Raises the SDK's exceptions, which the template reports."""
    status = upstream.status_code
    if status in (401, 403) or not (200 <= status < 300 or 400 <= status < 600):
        raise await refusal(upstream, status if 400 <= status < 600 else 502)
    body = Body(upstream)
    await body.begin()
    content_type = upstream.headers.get("Content-Type", "application/octet-stream")
    is_text = route.endpoint.may_be_bytes and content_type.startswith("text/") and "html" not in content_type
    if body.is_event_stream and not (is_text and not wants_stream and "event-stream" not in content_type):
        if status < 400 or not body.first_event_is_failure():
            return _events(upstream, body, route)
        return _refused(await body.first_data(), upstream, route)
    is_json = body.head.lstrip()[:1] in (b"{", b"[") or "json" in content_type
    if route.endpoint.may_be_bytes and status < 300 and not is_json and "html" not in content_type and body.head:
        response = flask.Response(None, status, headers.for_caller(upstream.headers), content_type=content_type)
        response.response = body.pieces()  # type: ignore[assignment]  # the template iterates asynchronously too
        return response
    return await _document(upstream, body, route, wants_stream)


class Body:
    """Upstream's body, decompressed. Call `begin` first. Then read it once: `pieces`, `whole`, or `head` and `rest`."""

    def __init__(self, upstream: httpx2.Response) -> None:
        self._upstream = upstream
        is_encoded = "Content-Encoding" in upstream.headers
        # Without the library's iterators a token costs a tenth less CPU.
        self.rest = upstream.aiter_bytes() if is_encoded else aiter(upstream.stream)  # type: ignore[arg-type]
        self._is_at_end = False
        self.head = b""

    async def begin(self) -> None:
        """Reads as much as is needed to know what the body is. Raises APIConnectionError."""
        while not self._is_at_end and _is_undecided(self.head):
            await self._read_more()
        while self.is_event_stream and self._upstream.status_code >= 400 and not self._is_at_end:
            if (_last_end(self.head) and b"data" in self.head) or len(self.head) > _MAX_EVENT_HELD:
                return
            await self._read_more()

    async def _read_more(self) -> None:
        try:
            self.head += await anext(self.rest)
        except StopAsyncIteration:
            self._is_at_end = True
        except BaseException as error:  # the client's disconnect too
            await self._upstream.aclose()
            if isinstance(error, httpx2.HTTPError):
                raise APIConnectionError(request=self._upstream.request) from error
            raise

    @property
    def is_event_stream(self) -> bool:
        return _begin(self.head).startswith(_FIELDS)

    async def first_data(self) -> object:
        """The JSON of the first event with data, None if it has none."""
        await self._upstream.aclose()
        return _first_data(self.head)

    def first_event_is_failure(self) -> bool:
        return redaction.is_failure(_first_data(self.head)) or bool(re.search(rb"(?m)^event: ?error\s", self.head))

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives. Raises APIConnectionError if it is cut."""
        try:
            yield self.head
            self.head = b""
            async for piece in self.rest:
                yield piece
        except httpx2.HTTPError as error:
            raise APIConnectionError(request=self._upstream.request) from error
        finally:
            await self._upstream.aclose()

    async def whole(self) -> bytes:
        """All of it. Raises APIConnectionError if it is cut, APIStatusError if it is too large."""
        received, size = [], 0
        async with aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > MAX_BYTES:
                    print(f"upstream's document has more than {MAX_BYTES} bytes: it is refused with 502", flush=True)
                    raise await refusal(self._upstream, 502)
                received.append(piece)
        return b"".join(received)


class _EventBytes(httpx2.AsyncByteStream):
    """Whole events, without keys in those that report a failure.

    A client cannot use a piece of an event, so waiting for the event's end delays nothing.
    """

    def __init__(self, upstream: httpx2.Response, body: Body) -> None:
        self._upstream, self._body = upstream, body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = self._body.head
        end = _end(held)
        if end:
            yield redaction.frames(held[:end])
            held = held[end:]
        async for piece in self._body.rest:
            if not held and piece.endswith(b"\n\n"):  # most pieces
                yield redaction.frames(piece)
                continue
            held += piece
            if end := _end(held):
                yield redaction.frames(held[:end])
                held = held[end:]
        if held:
            yield redaction.frames(held)

    async def aclose(self) -> None:
        await self._upstream.aclose()


class _WholeStream(httpx2.AsyncByteStream):
    """A stream whose bytes are all known."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def _events(upstream: httpx2.Response, body: Body | bytes, route: Route) -> flask.Response:
    stream = _WholeStream(body) if isinstance(body, bytes) else _EventBytes(upstream, body)
    media_type = {"Content-Type": "text/event-stream"}
    response = passthrough(
        httpx2.Response(200, headers=media_type, stream=stream, request=upstream.request),
        dialect=route.endpoint.dialect,
    )
    response.headers.extend(headers.for_caller(upstream.headers))
    content_type = upstream.headers.get("Content-Type", "")
    if content_type.startswith("text/event-stream"):
        response.content_type = content_type
    return response


async def _document(upstream: httpx2.Response, body: Body, route: Route, wants_stream: bool) -> flask.Response:
    content, status = await body.whole(), upstream.status_code
    if status == 204:
        return flask.Response(b"", 204, headers.for_caller(upstream.headers))
    upstream_json = await _parsed(content)
    if status >= 400:
        return _refused(upstream_json, upstream, route, content)
    if not isinstance(upstream_json, dict):
        # An empty body is what the platform answers for a function that is not there (T4).
        raise await refusal(upstream, 502)
    is_response = upstream_json.get("object") == "response"  # in the Responses API, one that has failed is an answer
    if redaction.is_failure(upstream_json) and not is_response:
        return _refused(upstream_json, upstream, route, status=502)
    if wants_stream:
        events = whole.as_events(upstream_json)
        if events is None:
            raise await refusal(upstream, 502)
        return _events(upstream, redaction.frames(events) if is_response else events, route)
    response = document(content, status, headers.for_caller(upstream.headers))
    content_type = upstream.headers.get("Content-Type", "")
    if "json" in content_type:
        response.content_type = content_type
    return response


async def _parsed(content: bytes) -> object:
    """The JSON of a document, None if the document is not JSON."""
    try:
        return json.loads(content) if len(content) < _IN_THREAD_BYTES else await asyncio.to_thread(json.loads, content)
    except (ValueError, RecursionError):
        return None


def _refused(
    upstream_json: object, upstream: httpx2.Response, route: Route, content: bytes = b"", status: int | None = None
) -> flask.Response:
    """An error that upstream has reported.

    content: its JSON, which is passed on as it came. If it is empty, the error is written in the shape of the API.
    """
    status = status or upstream.status_code
    passed_headers = headers.for_caller(upstream.headers)
    if content and isinstance(upstream_json, dict):
        return document(redaction.document(content), status, passed_headers)
    error = upstream_json.get("error") if isinstance(upstream_json, dict) else None
    details: dict[str, Any] = (
        error if isinstance(error, dict) else {"message": error if isinstance(error, str) else None}
    )
    message = details.get("message") or f"The model's provider answered {upstream.status_code} without an answer."
    kind = details.get("type") or ("invalid_request_error" if status < 500 else "server_error")
    body: dict[str, Any] = {"message": redaction.text(str(message)), "type": kind}
    if route.endpoint.dialect == "anthropic":
        body = {"type": "error", "error": {**body, "type": kind if kind != "server_error" else "api_error"}}
    else:
        body = {"error": {**body, "param": details.get("param"), "code": details.get("code") or "upstream_error"}}
    return document(json.dumps(body).encode(), status, passed_headers)


def _begin(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_undecided(head: bytes) -> bool:
    begin = _begin(head)
    if len(head) > _MAX_BLANK:
        return False
    return not begin or (len(begin) < len(b"event:") and any(field.startswith(begin) for field in _FIELDS))


def _end(held: bytes) -> int:
    """The offset after what may be passed on: whole events, and the comments after them."""
    end = _last_end(held)
    if comments := _COMMENTS.match(held, end):
        end = comments.end()
    return len(held) if not end and len(held) > _MAX_EVENT_HELD else end


def _last_end(held: bytes) -> int:
    """The offset after the last blank line, 0 if there is none."""
    return max((at + len(end) for end in _ENDS_OF_EVENTS if (at := held.rfind(end)) >= 0), default=0)


def _first_data(head: bytes) -> object:
    match = re.search(rb"(?m)^data: ?(.*?)\r?$", head)
    try:
        return json.loads(match[1]) if match else None
    except (ValueError, RecursionError):
        return None

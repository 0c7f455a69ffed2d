"""`stream` and `passthrough`: what a handler returns to have an answer streamed, in the shape of the request."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import flask
from werkzeug.datastructures import Headers

from faas_stream.answers.reply import OnEnd, Stream
from faas_stream.errors import ClientError
from faas_stream.formats import Document, Format, by_media_type, sse_formats
from faas_stream.formats.encoder import Encoder, RawEncoder
from faas_stream.settings import Settings
from faas_stream.sources import StreamReader
from faas_stream.sources import source as sources
from faas_stream.sources.state import APIS
from faas_stream.web import negotiation
from faas_stream.web.headers import new_id
from faas_stream.web.pages import HowToCall

ANSWER = "faas_stream.answer"
"""The key of the running answer in a request's environ."""

BODY_STREAM = "faas_stream.body_stream"
"""The key of the body's boolean `stream` in a request's environ; None if the body has none."""

HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


class StreamedResponse(flask.Response):
    """What `stream` and `passthrough` return. The template sends `stream`; status and headers may be changed."""

    def __init__(self, stream: Stream, content_type: str, headers: Mapping[str, str] = {}) -> None:
        super().__init__(_without_the_template(stream), content_type=content_type, headers={**HEADERS, **headers})
        self.stream_to_send = stream
        self.upstream_response: Any = None
        """What `passthrough` relays, so that `stream` accepts the response of `passthrough` as a source."""


def stream(
    source: object, format: str | None = None, on_end: OnEnd | None = None, answer_node: str | None = None
) -> flask.Response:
    """A response that sends what `source` yields as it arrives, in the shape that the request's Accept header asks for.

    source: what an SDK's call with `stream=True` returns or will return (OpenAI, Anthropic, sync or async), what
    LangChain's `.stream()` and `.astream()` and LangGraph's yield, an iterable or async iterable of str, bytes (sent as
    base64), dict (sent as JSON), Event or whole SDK streams, or a callable that returns one of these, which is called
    once the answer is under way. It is read once, in the request's context, and closed however the answer ends.
    format: of Server-Sent Events, if the request does not say `?format=`; default: the setting `stream_format`.
    on_end: called once with the answer's `Record`, in the request's thread, after the last byte. It may block.
    answer_node: the LangGraph node whose messages are the answer; default: all messages of the top graph.
    Raises ClientError: 406 for an Accept that cannot be met, 400 for an unknown format. TypeError for a source that is
    none of these.
    """
    try:
        choice = choose(format)
        encoder = choice.encoder(answer_node)
        sources.check(source)
    except (ClientError, HowToCall, TypeError):
        refuse(source)
        raise
    return choice.response(Stream(source, encoder, choice.is_padded, on_end))


class Api(NamedTuple):
    """Which API a request is for, if the handler relays upstream's API.

    dialect: "openai" or "anthropic", the shape of the template's own errors and heartbeats. wants_stream: true if the
    request asks for an event stream. This decides, not the Accept header.
    """

    dialect: str
    wants_stream: bool


class DocumentResponse(flask.Response):
    """What `document` returns."""


def document(body: bytes, status: int = 200, headers: Mapping[str, str] = {}) -> flask.Response:
    """A response with upstream's whole answer or refusal. The log record has its finish reason and usage, or its error.

    body: JSON as upstream sent it. The record has no such details of a body that is not JSON. status: upstream's.
    """
    return DocumentResponse(body, status, dict(headers), content_type="application/json")


def passthrough(response: Any, *, on_end: OnEnd | None = None, dialect: str = "") -> flask.Response:
    """A response that relays the bytes of an upstream event stream as they arrive.

    response: an HTTP response of the SDKs' HTTP library, sync or async, opened with `stream=True` and not read yet. Its
    events are OpenAI's, Anthropic's or this template's `json`. The template reads and closes it. It adds heartbeats
    and, if upstream's stream is cut, an error frame. dialect: "openai" or "anthropic", if it is known before upstream's
    first event. Raises TypeError for anything else.
    """
    if not hasattr(response, "iter_bytes") or response.is_stream_consumed:
        raise TypeError(
            f"passthrough() got {type(response).__qualname__}, but it needs an HTTP response of httpx or httpx2 that "
            "nobody has read from: open it with `client.send(request, stream=True)`"
        )
    settings, request = current_settings(), flask.request
    encoder = RawEncoder(is_event_stream=True, observer=_reader(settings), dialect=dialect)
    is_padded = settings.pads and negotiation.is_buffered(request.headers.get("Accept"))
    relay = StreamedResponse(Stream(response, encoder, is_padded, on_end), "text/event-stream")
    relay.upstream_response = response
    return relay


def early_relay(api: Api) -> StreamedResponse:
    """The start of a relayed event stream, while upstream has not answered yet."""
    settings, request = current_settings(), flask.request
    encoder = RawEncoder(is_event_stream=True, observer=_reader(settings), dialect=api.dialect)
    is_padded = settings.pads and negotiation.is_buffered(request.headers.get("Accept"))
    return StreamedResponse(Stream((), encoder, is_padded), negotiation.EVENT_STREAM)


def _reader(settings: Settings) -> StreamReader:
    return StreamReader(settings.max_event, sent_whole=APIS)


def raw_stream(
    source: object, status: str, headers: list[tuple[str, str]], close: Callable[[], object] = lambda: None
) -> Stream:
    """A body that is sent as its author has framed it, with the headers that an event stream needs."""
    request, settings = flask.request, current_settings()
    if _is_event_stream(headers):
        present = Headers(headers)
        headers = [*headers, *((name, value) for name, value in HEADERS.items() if name not in present)]
    is_open = is_open_event_stream(headers)
    is_padded = is_open and settings.pads and negotiation.is_buffered(request.headers.get("Accept"))
    return Stream(source, RawEncoder(is_event_stream=is_open), is_padded, None, status, headers, close)


def is_open_event_stream(headers: list[tuple[str, str]]) -> bool:
    """True if heartbeats and an error frame may be added: not to a body that is compressed or has a fixed length."""
    present = Headers(headers)
    is_encoded = present.get("Content-Encoding", "identity").strip().lower() != "identity"
    return _is_event_stream(headers) and not is_encoded and "Content-Length" not in present


def _is_event_stream(headers: list[tuple[str, str]]) -> bool:
    media_type = Headers(headers).get("Content-Type", "").partition(";")[0]
    return media_type.strip().lower() == negotiation.EVENT_STREAM


def refuse(source: object) -> None:
    """Closes a source that will not be streamed. It is never awaited, iterated or called."""
    answer = flask.request.environ.get(ANSWER)
    if answer is not None:
        answer.call.refuse(source)
    else:
        sources.refuse(source, None)


class Choice(NamedTuple):
    """The format that a request gets. is_padded: the stream gets padding, because hops would buffer it."""

    format: Format
    is_padded: bool
    max_event: int

    def encoder(self, answer_node: str | None = None) -> Encoder:
        return Encoder(self.format, new_id(), int(time.time()), max_event=self.max_event, answer_node=answer_node)

    def response(self, stream: Stream) -> StreamedResponse:
        return StreamedResponse(stream, self.format.media_type, self.format.headers)


def choose(format: str | None = None) -> Choice:
    """The format that the request asks for. Raises ClientError, and HowToCall for a browser's navigation.

    A boolean `stream` in the body decides, as OpenAI's SDKs send it; without it, the Accept header.
    """
    request, settings = flask.request, current_settings()
    accept = request.headers.get("Accept")
    name = request.args.get("format") or format or settings.stream_format
    offered = sse_formats()
    if name not in offered:
        raise ClientError(
            f"format {name[:40]!r} is unknown: expected one of {', '.join(offered)}.", code="unknown_format"
        )
    if negotiation.is_navigation(request.method, accept):
        raise HowToCall
    media_type = negotiation.media_type(accept)
    body_stream = request.environ.get(BODY_STREAM)
    if body_stream is not None:
        media_type = negotiation.EVENT_STREAM if body_stream else negotiation.DOCUMENT
    if media_type is None:
        raise ClientError(
            f"The Accept header names nothing that can be sent: expected one of {', '.join(negotiation.OFFERED)}.",
            status=406,
            code="not_acceptable",
        )
    # A callback is called once, with the whole answer, whatever Accept the caller's client sends (T16).
    if "X-Callback-Url" in request.headers and media_type == negotiation.EVENT_STREAM:
        media_type = negotiation.DOCUMENT
    if (other := by_media_type().get(media_type)) is not None:
        chosen = Document(settings.max_document) if other is Document else other()
        return Choice(chosen, False, settings.max_event)
    return Choice(offered[name](), settings.pads and negotiation.is_buffered(accept), settings.max_event)


def current_settings() -> Settings:
    """The settings of the running function; the defaults in an author's own Flask app, as in a test of a handler."""
    settings = getattr(flask.current_app, "settings", None)
    return settings if isinstance(settings, Settings) else Settings({})


def _without_the_template(stream: Stream) -> Iterator[bytes]:
    """The body in an author's own Flask app, as in a test of a handler. Plain items need no event loop."""
    source, encoder = stream.source, stream.encoder
    while callable(source) and not isinstance(source, Iterable):
        source = source()
    if not isinstance(source, Iterable) or not isinstance(encoder, Encoder):
        raise RuntimeError(
            f"{type(source).__qualname__} needs the template's event loop: serve the handler with ./scripts/run"
        )
    reader = encoder.item_reader()
    for item in source:
        yield encoder.feed(reader.read(item))
        encoder.check()
    yield encoder.feed(reader.end())
    encoder.check()
    yield encoder.end()

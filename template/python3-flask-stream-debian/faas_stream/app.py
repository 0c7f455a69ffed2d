"""The Flask application around one handler, and what handlers import: `stream` and `chat_messages`."""

import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from typing import Any

import flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from faas_stream import access, answer, cors, negotiation, prompts
from faas_stream.choice import Choice
from faas_stream.connection import ENVIRON_KEY, Connection, UnknownConnection, Work
from faas_stream.errors import FAILURES, ClientError, Failure, failure
from faas_stream.exchange import Exchange
from faas_stream.interrupt import Interrupted
from faas_stream.lifecycle import AtCapacityError, Lifecycle
from faas_stream.padding import Padding
from faas_stream.pump import Parked
from faas_stream.relayed import Relayed
from faas_stream.reply import Beginning, Head, Outgoing, sendable
from faas_stream.secrets import secret
from faas_stream.settings import Settings
from faas_stream.sources import Source

_STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
REFUSED = Failure(400, "bad_request", "The function refused the request.")
"""What is told of a handler's own page of a client's error, once an event stream has begun."""


class StreamedResponse(flask.Response):
    """What `stream` returns. Complete in itself, as for a test of a handler; the template sends its `answer`."""

    def __init__(self, outgoing: answer.Answer) -> None:
        super().__init__(outgoing.complete(), content_type=outgoing.media_type, headers=dict(outgoing.headers))
        self.headers.extend(_STREAM_HEADERS)
        self.answer = outgoing
        self.call_on_close(outgoing.close)


class ErrorResponse(flask.Response):
    """An error before the first byte: its status and `{"error": {"code", "message", "type"}}`."""

    def __init__(self, found: Failure) -> None:
        body = flask.json.dumps(found.body()) + "\n"
        super().__init__(body, found.status, dict(found.headers), content_type="application/json")
        self.failure = found


def stream(source: Any, *, format: str | None = None) -> flask.Response:
    """A response that sends what `source` yields as it comes, in the shape the request's Accept header asks for.

    source: a stream of the OpenAI SDK, what LangChain's `.stream()` returns, an iterable of str, bytes (sent as
    base64), dict (sent as JSON) or Event, or a callable that returns one of these, which is called once the answer is
    under way. It is read once, in the request's context, and closed however the answer ends; an SDK's stream is read by
    a thread that reads many, all others by one of their own.
    format: of Server-Sent Events, where the request does not say `?format=`; default: the setting `stream_format`.
    Raises ClientError: 406 for an Accept that cannot be met, 400 for an unknown format.
    """
    try:
        return StreamedResponse(_answer(source, format))
    except ClientError:
        Source(source).close()  # upstream has begun to answer, and nobody will read it
        raise


def chat_messages(req: str | bytes) -> list[prompts.Message]:
    """The request's conversation as a list of chat messages, never empty.

    req: the body. It may be the prompt as text, `{"prompt": …}` or `{"messages": […]}`; where it is empty, the prompt
    is the address's `?message=`. Raises ClientError, status 400, which says what is wrong and what was expected.
    """
    text = req.decode("utf-8", "replace") if isinstance(req, bytes) else req
    return prompts.messages(text, flask.request.content_type or "", flask.request.args.get("message"))


def _answer(source: Any, format: str | None) -> answer.Answer:
    return _choice(format).answer(source)


def _choice(format: str | None) -> Choice:
    request, settings = flask.request, _settings()
    return Choice(
        accept=request.headers.get("Accept"),
        format=request.args.get("format") or format or settings.stream_format,
        is_get=request.method == "GET",
        is_asynchronous="X-Callback-Url" in request.headers,
        asks_for_stream=_asks_for_stream(settings),
        pads=settings.pads,
    )


def _asks_for_stream(settings: Settings) -> bool:
    """True if the body says so as OpenAI's SDKs do. A body that is the handler's to read is not looked into."""
    request = flask.request
    if not (settings.buffer_body and request.is_json and (request.content_length or 0) <= settings.max_body):
        return False
    body = request.get_json(silent=True)
    return isinstance(body, dict) and body.get("stream") is True


def _settings() -> Settings:
    app = flask.current_app
    return app.settings if isinstance(app, FunctionApp) else Settings({})


class FunctionApp(flask.Flask):
    """Every path and method goes to `handle(req)`, and every answer through the lifecycle.

    handle: set it, then `lifecycle.loaded`; requests that come before wait for it. is_public: which requests need no
    token where `auth_secret` is set, such as those for a page that asks for one.
    """

    handle: Callable[[Any], Any]

    def __init__(self, settings: Settings, lifecycle: Lifecycle) -> None:
        super().__init__("function", static_folder=None)
        self.settings, self.lifecycle = settings, lifecycle
        self.is_public: Callable[[flask.Request], bool] = lambda _request: False

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            allowed = cors.answer_headers(self.settings.cors_origins, environ.get("HTTP_ORIGIN", ""))
            return start_response(status, sendable(headers, allowed), *exc_info)

        connection: Connection = environ.get(ENVIRON_KEY) or UnknownConnection()
        return connection.carry_out(self._work(environ, start, connection))

    def create_url_adapter(self, request: flask.Request | None) -> None:
        """None: there are no routes, and to look for one at each request ends in an exception that it then keeps."""

    def _work(self, environ: dict[str, Any], start: Any, connection: Connection) -> Work:
        # The context stays until the last byte, so that a generator may read flask.request.
        with self.request_context(environ):
            try:
                return (yield from self._exchange(environ, start, connection))
            except Interrupted:
                return ()

    def _exchange(self, environ: dict[str, Any], start: Any, connection: Connection) -> Work:
        try:
            exchange = self.lifecycle.open(
                connection,
                start,
                call_id=flask.request.headers.get("X-Call-Id", ""),
                is_short=_is_short(),
                early=_early(),
            )
        except AtCapacityError:
            return ErrorResponse(FAILURES["at_capacity"])(environ, start)
        try:
            if not self.lifecycle.await_handler(exchange):
                return ()
            left = yield from self._send(exchange, self._respond())
            return left(environ, start) if left else ()
        finally:
            self.lifecycle.close(exchange)

    def _respond(self) -> flask.Response:
        try:
            return self.full_dispatch_request()
        except Interrupted:
            raise
        except BaseException as error:  # SystemExit too, and what Flask cannot make a response of, such as None
            return self.handle_user_exception(error)

    def _send(self, exchange: Exchange, response: flask.Response) -> Generator[Parked, None, flask.Response | None]:
        """Sends the response if it is a stream; gives back what is left to the server, since it is none."""
        try:
            outgoing = _outgoing(response)
            if outgoing is not None and not self.lifecycle.admit(exchange):
                outgoing.close()
                response, outgoing = ErrorResponse(FAILURES["at_capacity"]), None
            if not exchange.claim():
                yield from self._send_the_rest(exchange, response, outgoing)
            elif outgoing is None:
                found = response.failure if isinstance(response, ErrorResponse) else None
                exchange.release(response.status_code, found.code if found else "")
                return response
            else:
                yield from exchange.send(_head(response, flask.request.environ), outgoing)
        finally:
            if exchange.is_ended:
                response.close()
        return None

    def _send_the_rest(
        self, exchange: Exchange, response: flask.Response, outgoing: Outgoing | None
    ) -> Iterator[Parked]:
        """Sends what a handler returned when an event stream had to be begun without it."""
        if found := _failure_in(response):
            exchange.fail(found)
        elif outgoing is not None and response.mimetype == negotiation.EVENT_STREAM:
            yield from exchange.send(_head(response, flask.request.environ), outgoing)
        else:
            pieces = (piece.decode("utf-8", "replace") for piece in response.iter_encoded())
            yield from exchange.send(_head(response, flask.request.environ), _answer(pieces, None))

    def dispatch_request(self) -> Any:
        request = flask.request
        if (headers := cors.preflight_headers(self.settings.cors_origins, dict(request.headers))) is not None:
            return "", 204, headers
        self._check_access()
        # A browser that reconnects after the end, or after a break, would have the same prompt answered again.
        if "Last-Event-ID" in request.headers and negotiation.expects_event_stream(request.headers.get("Accept")):
            return "", 204
        return self.handle(self._body())

    def _check_access(self) -> None:
        name = self.settings.auth_secret
        if not name or self.is_public(flask.request):
            return
        if not access.is_allowed(flask.request.headers.get("Authorization"), secret(name)):
            raise ClientError(
                "A valid token is required, as `Authorization: Bearer <token>`.",
                status=401,
                code="unauthorized",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _body(self) -> Any:
        request = flask.request
        request.max_content_length = self.settings.max_body
        if (request.content_length or 0) > self.settings.max_body:
            raise RequestEntityTooLarge
        if not self.settings.buffer_body:
            return request.stream
        body = request.get_data()
        return body if self.settings.raw_body else body.decode("utf-8", "replace")

    def handle_user_exception(self, e: BaseException) -> flask.Response:
        """Every error as JSON, in words that are fit for the reader; what the author has to see goes to the log."""
        if isinstance(e, RequestEntityTooLarge):
            limit = self.settings.max_body
            return ErrorResponse(Failure(413, "body_too_large", f"The body is larger than max_body, {limit} bytes."))
        if isinstance(e, HTTPException):
            if e.response is not None or (e.code or 500) < 400:
                return self.make_response(e.get_response(flask.request.environ))
            headers = {key: value for key, value in e.get_headers() if key.lower() != "content-type"}
            code = e.name.lower().replace(" ", "_")
            return ErrorResponse(Failure(e.code or 500, code, e.description or e.name, headers))
        found = failure(e)
        if found.code == "internal_error":
            traceback.print_exception(e)
        elif found.code == "secret_missing":
            print(e, file=sys.stderr, flush=True)  # it says how to mend it
        return ErrorResponse(found)


def _is_short() -> bool:
    """True for a request that is no stream whatever its handler does: a page, a preflight, a look at the headers."""
    method, accept = flask.request.method, flask.request.headers.get("Accept")
    return method in ("HEAD", "OPTIONS") or (method == "GET" and negotiation.prefers_page(accept))


def _early() -> Callable[[], Beginning | None] | None:
    """Makes what to begin with if the handler takes its time, where the reader surely wants an event stream."""
    request, made = flask.request, _choice(None)
    wants_stream = negotiation.expects_event_stream(made.accept) or made.asks_for_stream
    return partial(_begin, made, request.environ) if wants_stream and request.method != "HEAD" else None


def _begin(made: Choice, environ: dict[str, Any]) -> Beginning | None:
    try:
        response = StreamedResponse(made.answer(()))
    except ClientError:
        return None
    return (_head(response, environ), response.answer) if response.mimetype == negotiation.EVENT_STREAM else None


def _failure_in(response: flask.Response) -> Failure | None:
    """What a response says went wrong, or None where nothing did."""
    if isinstance(response, ErrorResponse):
        return response.failure
    if response.status_code < 400:
        return None
    return FAILURES["internal_error"] if response.status_code >= 500 else REFUSED


def _outgoing(response: flask.Response) -> Outgoing | None:
    """The stream in a response, or None where it has none to send."""
    if isinstance(response, StreamedResponse):
        outgoing: answer.Answer | Relayed = response.answer
    elif response.is_streamed and not response.direct_passthrough:
        is_event_stream = response.mimetype == negotiation.EVENT_STREAM
        if is_event_stream:
            for name, value in _STREAM_HEADERS.items():
                response.headers.setdefault(name, value)
        outgoing = Relayed(
            response.iter_encoded(), response.close, is_event_stream=is_event_stream, source=response.response
        )
        if is_event_stream and _settings().pads and negotiation.is_buffered(flask.request.headers.get("Accept")):
            outgoing.padding = Padding()
    else:
        return None
    if flask.request.method == "HEAD" or response.status_code in (204, 304):
        outgoing.close()
        return None
    return outgoing


def _head(response: flask.Response, environ: dict[str, Any]) -> Head:
    return Head(response.status, response.get_wsgi_headers(environ).to_wsgi_list())

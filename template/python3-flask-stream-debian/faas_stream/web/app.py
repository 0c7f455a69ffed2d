"""The Flask application around one handler: who may call, who has a place, and what a handler's response becomes."""

import inspect
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError
from typing import Any

import flask
import werkzeug
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from faas_stream.answers.answer import Answer
from faas_stream.answers.connection import AFTER_BODY_S
from faas_stream.answers.record import Record
from faas_stream.answers.record_log import RefusalLog
from faas_stream.answers.registry import Answers
from faas_stream.answers.reply import StartResponse, Stream, Whole
from faas_stream.errors import FAILURES, ClientError, Failure
from faas_stream.failures import logged_failure
from faas_stream.settings import Settings
from faas_stream.web import cors, negotiation
from faas_stream.web.access import Access, unauthorized
from faas_stream.web.application import ApplicationCall, ApplicationResponse, application_environ
from faas_stream.web.body import boolean_stream
from faas_stream.web.contract import check_signature
from faas_stream.web.early import continued
from faas_stream.web.headers import call_id, own_headers, sendable
from faas_stream.web.hosts import check_host
from faas_stream.web.pages import HowToCall, show_how_to_call
from faas_stream.web.reconnect import is_own_event_id
from faas_stream.web.replies import ErrorResponse, reply_of
from faas_stream.web.streaming import ANSWER, BODY_STREAM, Api, StreamedResponse, choose, early_relay, raw_stream

READY_PATH = "/-/ready"
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
"""What a handler answers unless its module defines `methods`."""

_SLASHES = re.compile(r"^[/\\\t\r\n]+")
"""What browsers would read as the `//` before a host, in a redirect or link that begins with a request's path."""

_ENDLESS_REFUSALS = ("unauthorized", "cross_site", "host_not_allowed")
"""Codes of refusals that anyone can cause without end, so that not each of them has a log line."""


class FunctionApp(flask.Flask):
    """Every path and method goes to the handler, and every answer through the event loop.

    Set the handler with `use`. Requests that arrive earlier wait for it.
    """

    def __init__(self, settings: Settings, answers: Answers) -> None:
        super().__init__("function", static_folder=None)
        self.settings, self.answers = settings, answers
        self.access = Access(settings)
        self._refusals = RefusalLog(answers.emit, answers.loop)
        self.handle: Callable[[Any], Any] | None = None
        self.is_public: Callable[[flask.Request], bool] = lambda _request: False
        self.methods: tuple[str, ...] = METHODS
        self.is_application = False
        self.api: Callable[[flask.Request], Api | None] = lambda _request: None

    def use(self, handler: Any) -> None:
        """Sets the handler's module. Raises AttributeError or TypeError, with what to write, if it has no handler."""
        handle, application = getattr(handler, "handle", None), getattr(handler, "application", None)
        if callable(handle):
            check_signature(handle)
        elif callable(application):
            self.is_application = True

            def handle(_req: object) -> Any:
                return application

        else:
            raise AttributeError(
                f"{handler.__name__} has no function `handle` and no WSGI `application`: add `def handle(req): …`"
            )
        self.is_public = getattr(handler, "is_public", self.is_public)
        self.methods = _methods(getattr(handler, "methods", METHODS))
        if not self.is_application:  # an application's `api` has another meaning
            self.api = getattr(handler, "api", self.api)
        self.handle = handle

    # ------------------------------------------------------------------ a request, from top to bottom

    def wsgi_app(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, sendable(headers, more_headers), *exc_info)

        if environ.get("CONTENT_LENGTH", "0") not in ("", "0"):
            time.sleep(AFTER_BODY_S)
        if self.settings.script_name and "HTTP_X_START_TIME" in environ:  # of the gateway, which removed the path
            environ["SCRIPT_NAME"] = self.settings.script_name
        environ["PATH_INFO"] = _SLASHES.sub("/", environ.get("PATH_INFO", ""))
        more_headers = own_headers(self.settings, environ)
        id = call_id(environ)
        # The context stays until the last byte, so that a generator may read flask.request.
        with self.request_context(environ):
            try:
                response, is_counted = self._before_handler(environ)
            except BaseException as error:
                response, is_counted = self.handle_user_exception(error), False
            place = self.answers.places.take() if response is None and is_counted else None
            if response is None and is_counted and place is None:
                response = self._error(FAILURES["at_capacity"])
            if response is not None:
                return self._send_own(response, environ, start, id)
            try:
                answer = Answer(self.answers, _Request(self, environ), environ, start, id, place)
                environ[ANSWER] = answer
                result: Iterable[bytes] = answer.serve()
                return result
            finally:
                environ.pop(ANSWER, None)  # this request's context may live longer than its answer should
                if place is not None:
                    place.give_back()

    def create_url_adapter(self, request: flask.Request | None) -> None:
        """None: there are no routes, and looking for one raises an exception for every request."""

    def _before_handler(self, environ: dict[str, Any]) -> tuple[flask.Response | None, bool]:
        """The template's own response, or None if the handler must answer; and whether the request needs a place.

        Everything is checked here before the body is parsed, and before upstream can be reached.
        """
        request = flask.request
        if request.path == READY_PATH and request.method in ("GET", "HEAD"):
            return self._ready(), False
        check_host(self.settings.allowed_hosts, request.headers)
        is_preflight, origins = cors.is_preflight(request.method, request.headers), self.settings.cors_origins
        if is_preflight and origins:
            return flask.Response("", 204, cors.preflight_headers(origins, request.headers)), False
        self.access.check_site(request.headers)
        is_public = self.handle is not None and self.is_public(request)
        is_admitted = is_public or self.access.admits(request.headers)
        if (
            not is_admitted and is_preflight
        ):  # it carries no token, and an application of the author's gets it otherwise
            return flask.Response("", 204), False
        if not is_admitted and self.handle is not None:
            raise unauthorized()
        environ["faas_stream.is_admitted"] = is_admitted
        if is_admitted and is_own_event_id(request):
            return flask.Response("", 204), False
        if self.handle is not None and request.method not in self.methods:
            raise _method_not_allowed(request.method, self.methods)
        if (request.content_length or 0) > self.settings.max_body:
            raise RequestEntityTooLarge
        if is_admitted:
            self._read_body_stream()
        return None, not is_public

    def _read_body_stream(self) -> None:
        """Notes what an admitted request's body says of streaming."""
        request = flask.request
        if self.settings.buffer_body:  # otherwise only the handler reads the body
            request.environ[BODY_STREAM] = boolean_stream(request.content_type or "", request.get_data())

    def _ready(self) -> flask.Response:
        is_ready = self.handle is not None and not self.answers.is_draining
        words = "ready" if is_ready else "shutting down" if self.answers.is_draining else "loading the handler"
        return flask.Response(words + "\n", 200 if is_ready else 503, content_type="text/plain")

    def _send_own(self, response: flask.Response, environ: dict[str, Any], start: Any, call_id: str) -> Iterable[bytes]:
        if isinstance(response, ErrorResponse):
            status, code = response.failure.status, response.failure.code
            emit = self._refusals.add if code in _ENDLESS_REFUSALS else self.answers.emit
            emit(Record(call_id, self.settings.function_name, status, code))
        return response(environ, start)

    # ------------------------------------------------------------------ the handler

    def dispatch_request(self) -> Any:
        """Calls the handler, in the request's thread. An async handler runs in the event loop meanwhile."""
        request = flask.request
        if not request.environ["faas_stream.is_admitted"]:  # `_before_handler` had no handler to ask
            if not self.is_public(request):
                raise unauthorized()
            if is_own_event_id(request):
                return flask.Response("", 204)
            self._read_body_stream()
            request.environ["faas_stream.is_admitted"] = True
        if request.method not in self.methods:
            raise _method_not_allowed(request.method, self.methods)
        assert self.handle is not None
        returned = self.handle(self._body())
        if inspect.isawaitable(returned):
            returned = request.environ[ANSWER].call.run_in_loop(returned)
        return returned

    def make_response(self, rv: Any) -> flask.Response:
        """As Flask does, but a WSGI application becomes a response that takes its place until it is called."""
        if callable(rv) and not isinstance(rv, werkzeug.Response | HTTPException):
            return ApplicationResponse(rv)
        return super().make_response(rv)

    def _body(self) -> Any:
        request = flask.request
        request.max_content_length = self.settings.max_body
        if not self.settings.buffer_body:
            return request.stream
        body = request.get_data()
        return body if self.settings.raw_body else body.decode("utf-8", "replace")

    def handle_user_exception(self, e: BaseException) -> flask.Response:
        """Every error as JSON, with a text that a client may see. What the author needs to know is in the log."""
        if isinstance(e, RequestEntityTooLarge):
            limit = self.settings.max_body
            return self._error(Failure(413, "body_too_large", f"The body is larger than max_body, {limit} bytes."))
        if isinstance(e, ClientError) and e.code == "empty_prompt" and _is_navigation():
            return HowToCall().get_response()
        if isinstance(e, HTTPException):
            if e.response is not None or (e.code or 500) < 400:
                return self.make_response(e.get_response(flask.request.environ))
            headers = {key: value for key, value in e.get_headers() if key.lower() != "content-type"}
            code = e.name.lower().replace(" ", "_")
            return self._error(Failure(e.code or 500, code, e.description or e.name, headers))
        answer: Answer | None = flask.request.environ.get(ANSWER)
        if isinstance(e, CancelledError) and answer is not None and answer.outcome:
            return self._error(FAILURES["internal_error"])  # for nobody: the answer's end has cancelled the coroutine
        return self._error(*logged_failure(e, with_messages=self.settings.log_upstream_messages))

    def _error(self, failure: Failure, upstream: Mapping[str, Any] = {}) -> ErrorResponse:
        api = self.api(flask.request)
        response = ErrorResponse(failure, api.dialect if api else "", upstream)
        if failure.code == "unauthorized" and _is_navigation():
            show_how_to_call(response, needs_token=True)
        return response


class _Request:
    """One request. The answer uses it as its `answers.reply.RequestHandler`."""

    def __init__(self, app: FunctionApp, environ: dict[str, Any]) -> None:
        self._app, self._environ = app, environ
        self._call: ApplicationCall | None = None

    def respond(self) -> Whole | Stream:
        try:
            response = self._app.full_dispatch_request()
            if isinstance(response, ApplicationResponse):
                body = flask.request.get_data() if self._app.settings.buffer_body else None
                environ = application_environ(self._environ, body)
                answer, answers = self._environ[ANSWER], self._app.answers
                self._call = ApplicationCall(response.application, environ, answer, answers)
                return self._call.run()
        except BaseException as error:  # SystemExit too, and what Flask cannot make a response of, such as None
            response = self._app.handle_user_exception(error)
        try:
            return reply_of(response, self._environ)
        except Exception as error:  # a header that HTTP cannot carry
            if isinstance(response, StreamedResponse):
                self._environ[ANSWER].call.discard(response.stream_to_send)
            response.close()
            return reply_of(self._app.handle_user_exception(error), self._environ)

    def error_body(self, failure: Failure) -> dict[str, Any]:
        api = self._app.api(flask.request)
        return failure.body(api.dialect if api else "")

    def early_stream(self) -> Stream | None:
        """An event stream, if the client accepts nothing else and is known to be admitted."""
        if self._call is not None and self._call.has_head:
            return self._call.early_stream()
        request = flask.request
        api = self._app.api(request)
        wants_stream = api.wants_stream if api else self._environ.get(BODY_STREAM)
        if wants_stream is None:
            wants_stream = negotiation.accepts_event_stream_alone(request.headers.get("Accept"))
        if not wants_stream or request.method == "HEAD" or not self._environ["faas_stream.is_admitted"]:
            return None
        if self._app.is_application:  # which chooses its own format
            return raw_stream((), "200 OK", [("Content-Type", negotiation.EVENT_STREAM)])
        try:
            choice = None if api else choose()
        except (ClientError, HowToCall):
            return None
        if choice is not None:
            response = choice.response(Stream((), choice.encoder(), choice.is_padded))
        elif api is not None:
            response = early_relay(api)
        reply = reply_of(response, self._environ)
        return reply if isinstance(reply, Stream) else None

    def continued(self, early: Stream, reply: Whole | Stream) -> Stream:
        return continued(early, reply, self._app.answers.log_once)


def _is_navigation() -> bool:
    return negotiation.is_navigation(flask.request.method, flask.request.headers.get("Accept"))


def _methods(value: object) -> tuple[str, ...]:
    """The `methods` of a handler's module. Raises TypeError."""
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(name, str) for name in value):
        return tuple(name.upper() for name in value)
    raise TypeError(f'`methods` is {value!r}: expected a list of HTTP methods, for example methods = ["GET", "POST"]')


def _method_not_allowed(method: str, allowed: tuple[str, ...]) -> ClientError:
    return ClientError(
        f"{method[:20]} is not answered: expected one of {', '.join(allowed)}.",
        status=405,
        code="method_not_allowed",
        headers={"Allow": ", ".join(allowed)},
    )

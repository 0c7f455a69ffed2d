"""A WSGI application as a handler (PEP 3333): one call of it, from its environ to its `close`.

The request's thread calls the application, iterates over its body and closes it, as WSGI servers do. The event loop
sends what the application writes or yields.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import flask
from werkzeug.datastructures import Headers

from faas_stream.answers.answer import Answer
from faas_stream.answers.output import ROOM_BYTES
from faas_stream.answers.registry import Answers
from faas_stream.answers.reply import Stream, Whole
from faas_stream.answers.request_thread import for_a_future
from faas_stream.sources.pieces import Pieces
from faas_stream.tracebacks import print_error
from faas_stream.web.headers import sendable
from faas_stream.web.streaming import is_open_event_stream, raw_stream

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class ApplicationResponse(flask.Response):
    """Takes the place of a WSGI application that a handler has returned, until the application is called."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self.application = application


class _Head(NamedTuple):
    """What the application passed to start_response. Checked here, because the server detects errors too late."""

    status: str
    headers: list[tuple[str, str]]

    @classmethod
    def of(cls, status: str, headers: Iterable[tuple[str, str]]) -> "_Head":
        headers = list(headers)
        if not isinstance(status, str) or not re.fullmatch(r"[2-9]\d\d( [^\r\n]*)?", status):
            raise ValueError(f"start_response got the status {status!r}, expected a str such as '200 OK'")
        for name, value in headers:
            if not isinstance(name, str) or not isinstance(value, str) or re.search(r"[\r\n]", name + value):
                raise ValueError(f"start_response got the header {name!r}, expected name and value as str on one line")
        if not Headers(headers).get("Content-Length", "0").isdecimal():
            raise ValueError("start_response got a Content-Length that is not a whole number")
        return cls(status, sendable(headers, {}))

    @property
    def has_body(self) -> bool:
        return self.status[:3] not in ("204", "304")

    @property
    def content_length(self) -> int | None:
        return Headers(self.headers).get("Content-Length", type=int)


class ApplicationCall:
    """One call of an application, by the request's thread.

    A file of `wsgi.file_wrapper` and a short body of known length go to the server as a whole. Everything else is
    handed over to the event loop with its first byte.
    """

    def __init__(self, application: Application, environ: dict[str, Any], answer: Answer, answers: Answers) -> None:
        self._application, self._environ, self._answer, self._answers = application, environ, answer, answers
        self._is_head_request = environ["REQUEST_METHOD"] == "HEAD"
        self._head: _Head | None = None
        self._is_head_sent = False
        self._list_bytes: int | None = None
        self._body = b""
        self._pieces: Pieces | None = None
        self._stream: Stream | None = None

    def run(self) -> Whole | Stream:
        """The response. Raises what the application raises before its first byte is on its way."""
        try:
            result = self._application(self._environ, self._start_response)
            if self._head and is_file(result, self._environ) and not is_open_event_stream(self._head.headers):
                return self._file(result)
            try:
                self._write_all(result)
            finally:
                _close(result)
        except BaseException as error:
            if self._stream is None or self._pieces is None:
                raise
            self._pieces.end(for_a_future(error))
            if self._pieces.is_closed:  # what the application has dropped may hold upstream's connection
                self._answers.loop.call_soon_threadsafe(self._answers.collect_garbage_soon)
            return self._stream
        if self._stream is None or self._pieces is None:
            return raw_stream((), *self._head) if self._is_head_sent and self._head else self._whole()
        self._pieces.end()
        return self._stream

    @property
    def has_head(self) -> bool:
        """True once the application has called start_response."""
        return self._head is not None

    def early_stream(self) -> Stream | None:
        """An event stream whose first byte is late; None for other responses.

        Called by the event loop's thread. From then on the application cannot replace its head.
        """
        head = self._head
        if head is None or not self._sends_body(head) or not is_open_event_stream(head.headers):
            return None
        self._is_head_sent = True
        return raw_stream((), *head)

    # ------------------------------------------------------------------ called by the application

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Sets the head, or with exc_info replaces it. Raises exc_info's exception if the head has been sent."""
        if exc_info:
            try:
                if self._is_head_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # PEP 3333: else the traceback and this frame keep each other alive
        elif self._head is not None:
            raise RuntimeError("the application called start_response twice: the second call needs exc_info")
        self._head, self._body = _Head.of(status, headers), b""
        return self._write

    def _write(self, data: bytes) -> None:
        """Sends bytes. Blocks while the client has no room. Raises BodyClosedError once the answer has ended."""
        if not isinstance(data, bytes):
            raise TypeError(f"the application's body has {type(data).__name__}, expected bytes: encode text")
        if not data:
            return
        if (head := self._head) is None:
            raise RuntimeError("the application wrote to its body before it called start_response")
        if not self._sends_body(head):
            return
        if self._pieces is None and self._is_short(head):
            self._body += data[: ROOM_BYTES - len(self._body)]
            return
        if self._pieces is None:
            self._is_head_sent = True
            self._pieces = Pieces(self._answers.loop)
            self._stream = raw_stream(self._pieces, *head)
            self._answer.thread.hand_over(self._stream)
        self._pieces.put(data)

    # ------------------------------------------------------------------ the application's body

    def _write_all(self, result: Any) -> None:
        if result is None or isinstance(result, str | bytes):
            raise TypeError(
                f"the application returned {type(result).__name__}, expected an iterable of bytes such as [b'body']"
            )
        if isinstance(result, list | tuple) and all(isinstance(item, bytes) for item in result):
            self._list_bytes = sum(len(item) for item in result)
        for item in result:
            self._write(item)
            if self._head is not None and not self._sends_body(self._head):
                break
        if self._head is None:
            raise RuntimeError("the application returned its body and did not call start_response")

    def _whole(self) -> Whole:
        assert self._head is not None
        status, headers = self._head
        body = [self._body] if self._body else []
        if self._list_bytes is not None and self._head.has_body and self._head.content_length is None:
            headers = [*headers, ("Content-Length", str(self._list_bytes))]

        def send(_environ: object, start_response: Any) -> Iterable[bytes]:
            start_response(status, headers)
            return body

        return Whole(send, int(status[:3]))

    def _file(self, result: Any) -> Whole:
        """The response with a file, which the server itself sends piece by piece and closes."""
        assert self._head is not None
        if not self._sends_body(self._head):
            _close(result)
            return self._whole()
        status, headers = self._head

        def send(_environ: object, start_response: Any) -> Iterable[bytes]:
            start_response(status, headers)
            return result  # type: ignore[no-any-return]

        return Whole(send, int(status[:3]), close=lambda: _close(result))

    def _sends_body(self, head: _Head) -> bool:
        return head.has_body and not self._is_head_request

    def _is_short(self, head: _Head) -> bool:
        """True if the server may get the body as a whole. An event stream is never short: its answer is recorded."""
        length = self._list_bytes if head.content_length is None else head.content_length
        is_event_stream = is_open_event_stream(head.headers)
        return length is not None and length <= ROOM_BYTES and not is_event_stream


def is_file(body: object, environ: dict[str, Any]) -> bool:
    """True for a `wsgi.file_wrapper` that the server reads as the client takes it: one whose file has `seek`."""
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper) and hasattr(body, "seek")


def application_environ(environ: dict[str, Any], body: bytes | None) -> dict[str, Any]:
    """A copy of the request's environ, which the application may change. body: what has been read already."""
    copy = dict(environ)
    if body is not None:
        copy["wsgi.input"] = io.BytesIO(body)
        copy["CONTENT_LENGTH"] = str(len(body))
    return copy


def _close(result: object) -> None:
    if callable(close := getattr(result, "close", None)):
        try:
            close()
        except Exception as error:  # the body is complete, so the client need not know
            print_error(error)

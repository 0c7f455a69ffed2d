"""What a handler has returned, as the answer's coroutine needs it. The web layer makes these from Flask's responses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from faas_stream.answers.record import Record
from faas_stream.errors import Failure
from faas_stream.formats.encoder import Encoder, RawEncoder

StartResponse = Callable[[str, list[tuple[str, str]]], Callable[[bytes], object]]
OnEnd = Callable[[Record], object]


@dataclass(slots=True)
class Whole:
    """A response that is no stream: the request's thread returns it to the server, as any WSGI application does.

    code: of its error, for the log; "" for a response that has none. failure: what the error frame says if an event
    stream has begun already. is_answer: it is a model's answer, so the log has a record of it, with finish_reason and
    usage. upstream: what upstream said about its failure. close: called in the request's thread if the response is not
    sent, because the server closes only what it sends.
    """

    application: Callable[[dict[str, Any], Any], Iterable[bytes]]
    status: int
    code: str = ""
    failure: Failure | None = None
    is_answer: bool = False
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    upstream: Mapping[str, Any] = field(default_factory=dict)
    close: Callable[[], object] = lambda: None


@dataclass(slots=True)
class Stream:
    """A response whose body the answer's coroutine sends.

    close: called once in the request's thread at the answer's end, while the last bytes are sent or shortly before.
    """

    source: Any
    encoder: Encoder | RawEncoder
    is_padded: bool = False
    on_end: OnEnd | None = None
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=list)
    close: Callable[[], object] = lambda: None


class FailedError(Exception):
    """Ends an answer with a failure that has been logged already.

    outcome: for the record; by default the failure's code. upstream: what upstream said about it.
    """

    def __init__(self, failure: Failure, outcome: str = "", upstream: Mapping[str, Any] = {}) -> None:
        super().__init__(failure.code)
        self.failure, self.outcome, self.upstream = failure, outcome or failure.code, dict(upstream)


class RequestHandler(Protocol):
    """What the web layer does for one request. The event loop calls all methods but `respond`; they must not block."""

    def respond(self) -> Whole | Stream:
        """Calls the author's handler. Runs in the request's thread, may block, and raises nothing."""

    def error_body(self, failure: Failure) -> dict[str, Any]:
        """The JSON body of an error response, in the shape that the client understands."""

    def early_stream(self) -> Stream | None:
        """What to begin with while the handler has not returned yet; None if that has to wait. Never blocks."""

    def continued(self, early: Stream, reply: Whole | Stream) -> Stream:
        """The reply, as what follows in the early stream. Raises FailedError if it cannot follow there."""

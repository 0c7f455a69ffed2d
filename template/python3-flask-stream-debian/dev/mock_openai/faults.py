"""Faults on demand: an HTTP error status instead of an answer, or a stream that goes wrong after it has begun."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .errors import ApiError
from .frames import Frame

_RETRY_AFTER_S = 7
_TOKENS_BEFORE = 5

# Status: type, code and message of the error.
STATUSES = {
    400: ("invalid_request_error", "context_length_exceeded", "This conversation is longer than the model's context."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "unsupported_country_region_territory", "This place is not served."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests. Try again later."),
    500: ("server_error", None, "The server had an error while processing your request."),
    503: ("service_unavailable_error", None, "The engine is currently overloaded. Try again later."),
}

ERROR_MIDSTREAM = "error-midstream"  # an error in a chunk, then [DONE]; Responses: response.failed
ERROR_EVENT = "error-event"  # `event: error` and the end
BROKEN = "broken"  # the connection breaks
SILENCE = "silence"  # nothing more, until the client disconnects
SILENCE_FIRST = "silence-first"  # nothing at all, until the client disconnects
TRUNCATED = "truncated"  # a clean end in the middle: no finish reason, no end marker
NO_DONE = "no-done"  # the whole answer without its end marker
CONTENT_FILTER = "content-filter"  # half an answer, finish reason content_filter; Responses: response.incomplete
_CUTS = (ERROR_MIDSTREAM, ERROR_EVENT, BROKEN, SILENCE, TRUNCATED)
NAMES = (*map(str, STATUSES), *_CUTS, SILENCE_FIRST, NO_DONE, CONTENT_FILTER)


@dataclass(frozen=True)
class Fault:
    name: str = ""
    number: int | None = None  # seconds to retry after, or tokens before the stream goes wrong

    @property
    def tokens_before(self) -> int:
        return _TOKENS_BEFORE if self.number is None else self.number


def from_model(model: str) -> Fault:
    """The fault that a model's name asks for (`mock-429-30`, `mock-broken-fast`); `Fault()` for any other name."""
    name = re.sub(r"-(fast|slow|\d+tps)$", "", model.removeprefix("mock-"))
    return (_parse(name) or Fault()) if model.startswith("mock-") else Fault()


def from_header(text: str | None) -> Fault | None:
    """The fault that the header `x-mock-fault` asks for (`429-30`, `silence`); None without the header."""
    if not text:
        return None
    fault = _parse(text.strip().lower().removeprefix("mock-"))
    if fault is None:
        message = f"Unknown fault {text!r} in the header x-mock-fault: expected one of {', '.join(NAMES)}."
        raise ApiError(400, message, param="x-mock-fault")
    return fault


def raise_status(fault: Fault, *, is_stream: bool) -> None:
    """Raises the error of a fault that is an HTTP status. Without a stream, errors in mid-stream are statuses too."""
    is_error = fault.name in (ERROR_MIDSTREAM, ERROR_EVENT)
    if not fault.name.isdigit() and (is_stream or not is_error):
        return
    status = 500 if is_error else int(fault.name)
    kind, code, message = STATUSES[status]
    retry_after = str(_RETRY_AFTER_S if fault.number is None else fault.number)
    headers = {"Retry-After": retry_after, "x-ratelimit-remaining-requests": "0"} if status in (429, 503) else None
    raise ApiError(status, message, kind=kind, code=code, headers=headers)


def disturb(frames: Iterable[Frame], fault: Fault, failure: Callable[[bool, int], Sequence[Frame]]) -> Iterator[Frame]:
    """`frames` with the fault.

    `failure(is_event, position)` gives the error frames of this kind of stream, after `position` frames. A cut comes
    after the fault's number of tokens, or at the end of an answer that is shorter.
    """
    if fault.name == SILENCE_FIRST:
        yield Frame(b"", pause_s=math.inf)
    tokens = 0
    for position, frame in enumerate(frames):
        is_past_answer = frame.is_closing or (tokens > 0 and not frame.tokens)
        if fault.name in _CUTS and (tokens >= fault.tokens_before or is_past_answer):
            yield from _cut(fault, failure, position)
            return
        if fault.name == NO_DONE and frame.is_closing:
            return
        yield frame
        tokens += frame.tokens


def disturb_document(data: bytes, tokens: int, fault: Fault) -> Iterator[Frame]:
    """An answer in one piece, with the fault."""
    if fault.name in (SILENCE, SILENCE_FIRST):
        yield Frame(b"", pause_s=math.inf)
    elif fault.name in (BROKEN, TRUNCATED):
        yield Frame(data[: len(data) // 2], tokens)
    else:
        yield Frame(data, tokens)


def _cut(fault: Fault, failure: Callable[[bool, int], Sequence[Frame]], position: int) -> Iterator[Frame]:
    if fault.name == SILENCE:
        yield Frame(b"", pause_s=math.inf)
    elif fault.name in (ERROR_MIDSTREAM, ERROR_EVENT):
        yield from failure(fault.name == ERROR_EVENT, position)


def _parse(text: str) -> Fault | None:
    name, _, number = text.rpartition("-")
    if name in NAMES and number.isascii() and number.isdigit():
        return Fault(name, int(number))
    return Fault(text) if text in NAMES else None

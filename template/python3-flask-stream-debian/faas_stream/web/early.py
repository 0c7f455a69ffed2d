"""The event stream that begins before its handler has returned, and what the handler may return then."""

from collections.abc import Callable, Sequence

from faas_stream.answers.reply import FailedError, Stream, Whole
from faas_stream.errors import FAILURES, Failure


def continued(early: Stream, reply: Whole | Stream, log_once: Callable[[Sequence[str]], object]) -> Stream:
    """The reply, as what follows in the stream that has begun. Raises FailedError if it cannot follow there."""
    if isinstance(reply, Whole):
        raise FailedError(_failure_in(reply), reply.code, reply.upstream)
    if reply.encoder.heartbeat is None:  # a client that parses events would not understand its frames
        content_type = dict(reply.headers).get("Content-Type")
        log_once([f"A response with {content_type} came after the event stream that its client wanted."])
        raise FailedError(FAILURES["internal_error"])
    if type(early.encoder) is type(reply.encoder) and _formats_match(early, reply):
        reply.encoder = early.encoder
    return reply


def _failure_in(whole: Whole) -> Failure:
    if whole.failure is not None:
        return whole.failure
    if whole.code in FAILURES:
        return FAILURES[whole.code]
    if 400 <= whole.status < 500:
        return Failure(400, whole.code or "bad_request", "The function refused the request.")
    return FAILURES["internal_error"]


def _formats_match(early: Stream, reply: Stream) -> bool:
    early_format, format = getattr(early.encoder, "format", None), getattr(reply.encoder, "format", None)
    return early_format is not None and type(early_format) is type(format)

"""The event stream that begins before its handler has returned, and what the handler may return then."""

from collections.abc import Mapping
from typing import Any

from faas_stream.answers.reply import Stream, Whole
from faas_stream.errors import FAILURES, Failure


class ReplacedError(Exception):
    """A handler returned something other than the event stream that had begun without it.

    failure: what the stream's error frame says. outcome: for the log record. upstream: what upstream said about its
    failure. note: for the log, once.
    """

    def __init__(self, failure: Failure, outcome: str, upstream: Mapping[str, Any] = {}, note: str = "") -> None:
        super().__init__(failure.code)
        self.failure, self.outcome, self.upstream, self.note = failure, outcome, dict(upstream), note


def continued(early: Stream, reply: Whole | Stream) -> Stream:
    """The reply, as what follows in the stream that has begun. Raises ReplacedError if it cannot follow there."""
    if isinstance(reply, Whole):
        failure = _failure_in(reply)
        raise ReplacedError(failure, reply.code or failure.code, reply.upstream)
    if reply.encoder.heartbeat is None:  # a client that parses events would not understand its frames
        failure = FAILURES["internal_error"]
        content_type = dict(reply.headers).get("Content-Type")
        note = f"A response with {content_type} came after the event stream that its client wanted."
        raise ReplacedError(failure, failure.code, note=note)
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

"""The event stream that begins before its handler has returned, and what the handler may return then."""

from collections.abc import Callable, Sequence

from faas_stream.answers.reply import FailedError, Stream, Whole
from faas_stream.errors import FAILURES, Failure
from faas_stream.formats.encoder import Encoder


def continued(early: Stream, reply: Whole | Stream, log_once: Callable[[Sequence[str]], object]) -> Stream:
    """The reply, as what follows in the stream that has begun. Raises FailedError if it cannot follow there."""
    if isinstance(reply, Whole):
        if not reply.code:
            log_once([f"A page with status {reply.status} came after the event stream that its client wanted."])
        raise FailedError(_failure_in(reply), reply.code, reply.upstream)
    if reply.encoder.heartbeat is None:  # a client that parses events would not understand its frames
        content_type = dict(reply.headers).get("Content-Type")
        log_once([f"A response with {content_type} came after the event stream that its client wanted."])
        raise FailedError(FAILURES["internal_error"])
    if int(reply.status[:3]) >= 400:
        raise FailedError(FAILURES["internal_error"])
    begun, encoder = early.encoder, reply.encoder
    if isinstance(begun, Encoder) and isinstance(encoder, Encoder) and type(begun.format) is type(encoder.format):
        begun.answer_node = encoder.answer_node
        reply.encoder = begun
    return reply


def _failure_in(whole: Whole) -> Failure:
    if whole.failure is not None:
        return whole.failure
    if whole.code in FAILURES:
        return FAILURES[whole.code]
    if 400 <= whole.status < 500:
        return Failure(400, whole.code or "bad_request", "The function refused the request.")
    return FAILURES["internal_error"]

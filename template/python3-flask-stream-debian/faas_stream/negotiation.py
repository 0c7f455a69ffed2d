"""Which answer a request's Accept header asks for."""

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

EVENT_STREAM = "text/event-stream"
LINES = "application/x-ndjson"
PLAIN = "text/plain"
DOCUMENT = "application/json"
OFFERED = (EVENT_STREAM, LINES, PLAIN, DOCUMENT)
"""Media types in order of preference, which decides between equals (`*/*`)."""


def media_type(accept: str | None) -> str | None:
    """The media type of OFFERED that fits best, or None where none does; an absent header accepts everything."""
    if not accept or not accept.strip():
        return EVENT_STREAM
    ranges = parse_accept_header(accept, MIMEAccept)
    # None of the types on offer has a parameter that a reader could choose by.
    return MIMEAccept([(found.partition(";")[0], quality) for found, quality in ranges]).best_match(OFFERED)


def is_buffered(accept: str | None) -> bool:
    """True where some hop holds an answer back: all but a single `text/event-stream`, to the letter (trap T1)."""
    return accept is None or accept.strip() != EVENT_STREAM


def expects_event_stream(accept: str | None) -> bool:
    """True where the reader named event streams and wants nothing more, so that one may start before its first item."""
    return bool(accept) and EVENT_STREAM in (accept or "").lower() and media_type(accept) == EVENT_STREAM

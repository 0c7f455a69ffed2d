"""Which media type a request's Accept header asks for."""

from functools import lru_cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

EVENT_STREAM = "text/event-stream"
LINES = "application/x-ndjson"
PLAIN = "text/plain"
DOCUMENT = "application/json"
PAGE = "text/html"
OFFERED = (EVENT_STREAM, LINES, PLAIN, DOCUMENT)
"""Media types in order of preference, which decides between equals (`*/*`)."""


def media_type(accept: str | None) -> str | None:
    """The media type of OFFERED that fits best, or None if none does; an absent header accepts everything."""
    return _best(accept, OFFERED) if accept and accept.strip() else EVENT_STREAM


def is_navigation(method: str, accept: str | None) -> bool:
    """True if a browser opens the address to show it: a GET for which a web page fits best."""
    return method in ("GET", "HEAD") and accept is not None and _best(accept, (*OFFERED, PAGE)) == PAGE


def is_buffered(accept: str | None) -> bool:
    """True if some hop buffers the response: for any value except exactly `text/event-stream` (T1)."""
    return accept is None or accept.strip() != EVENT_STREAM


def accepts_event_stream_alone(accept: str | None) -> bool:
    """True if the client accepts event streams and nothing else, so that one may start before its first item."""
    return accept is not None and accept.partition(";")[0].strip().lower() == EVENT_STREAM and "," not in accept


_MAX_CACHED_BYTES = 256
"""Longer headers are not cached, so that nobody can fill the memory with them."""


def _best(accept: str, offered: tuple[str, ...]) -> str | None:
    return (_cached_best if len(accept) <= _MAX_CACHED_BYTES else _cached_best.__wrapped__)(accept, offered)


@lru_cache(maxsize=128)
def _cached_best(accept: str, offered: tuple[str, ...]) -> str | None:
    """As `_best`. Clients send the same few headers again and again, and each is parsed several times per request."""
    ranges = parse_accept_header(accept, MIMEAccept)
    # None of the offered types has a parameter that a client could choose by.
    return MIMEAccept([(media_range.partition(";")[0], quality) for media_range, quality in ranges]).best_match(offered)

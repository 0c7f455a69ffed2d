"""Which answer an Accept header asks for."""

import pytest

from faas_stream import negotiation
from faas_stream.negotiation import expects_event_stream, media_type, prefers_page


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/event-stream"),
        ("", "text/event-stream"),
        ("*/*", "text/event-stream"),
        ("text/event-stream", "text/event-stream"),
        ("TEXT/Event-Stream; charset=utf-8", "text/event-stream"),
        ("application/json", "application/json"),
        ("application/json, text/event-stream", "text/event-stream"),
        ("application/json, text/event-stream;q=0.5", "application/json"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/plain", "text/plain"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/event-stream"),
        ("text/event-stream;q=0, */*", "application/x-ndjson"),
        ("image/png", None),
        ("text/html", None),
        ("\u00e4;;,=", None),
    ],
)
def test_the_best_fit_is_chosen(accept: str | None, chosen: str | None) -> None:
    assert media_type(accept) == chosen


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("text/event-stream", True), ("application/json, text/event-stream", True), ("*/*", False), (None, False)],
)
def test_an_event_stream_is_expected_where_it_is_named(accept: str | None, expected: bool) -> None:
    assert expects_event_stream(accept) is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/event-stream", False),
        ("text/html;q=0.5, text/event-stream", False),
        ("", False),
        (None, False),
    ],
)
def test_a_page_is_preferred_where_it_fits_best(accept: str | None, expected: bool) -> None:
    assert prefers_page(accept) is expected


def test_headers_are_kept_in_bounds() -> None:
    negotiation._kept_best.cache_clear()
    for number in range(1000):
        assert media_type(f"application/json, x/{number}") == "application/json"
        assert media_type("application/json" + ", x/y" * 100 + str(number)) == "application/json"
    kept = negotiation._kept_best.cache_info()
    assert (kept.maxsize, kept.misses) == (128, 1000)

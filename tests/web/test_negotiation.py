"""Which media type an Accept header asks for."""

import pytest

from faas_stream.web.negotiation import accepts_event_stream_alone, is_buffered, is_navigation, media_type


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
    [
        ("text/event-stream", True),
        ("Text/Event-Stream;charset=utf-8", True),
        ("application/json, text/event-stream", False),
        ("text/event-stream, */*", False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_an_event_stream_alone_is_accepted_if_nothing_else_is_named(accept: str | None, expected: bool) -> None:
    assert accepts_event_stream_alone(accept) is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("text/event-stream", False), (" text/event-stream ", False), ("text/event-stream, */*", True), (None, True)],
)
def test_hops_buffer_all_but_the_exact_header(accept: str | None, expected: bool) -> None:
    assert is_buffered(accept) is expected


@pytest.mark.parametrize(
    ("method", "accept", "expected"),
    [
        ("GET", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("HEAD", "text/html", True),
        ("POST", "text/html", False),
        ("GET", "text/event-stream", False),
        ("GET", "text/html;q=0.5, text/event-stream", False),
        ("GET", "*/*", False),
        ("GET", "", False),
        ("GET", None, False),
    ],
)
def test_a_navigation_is_a_get_for_which_a_page_fits_best(method: str, accept: str | None, expected: bool) -> None:
    assert is_navigation(method, accept) is expected


def test_a_header_of_any_length_is_read() -> None:
    for number in range(300):
        assert media_type(f"application/json, x/{number}") == "application/json"
        assert media_type("application/json" + ", x/y" * 100 + str(number)) == "application/json"

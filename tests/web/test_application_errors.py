"""Errors of a WSGI application: its own error page, and how the log explains each mistake."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from faas_stream.answers.record import Record
from tests.fixtures import Serve
from tests.web.applications import EVENTS, TEXT, head, served


def guarded(application: Any) -> Any:
    """A middleware that answers an error with a page of its own, as PEP 3333 shows it."""

    def guard(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        try:
            yield from application(environ, start_response)
        except RuntimeError:
            start_response("503 Service Unavailable", TEXT, sys.exc_info())
            yield b"an error page"

    return guard


def test_an_error_page_replaces_a_head_that_is_not_sent(serve: Serve) -> None:
    def application(_environ: object, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", EVENTS)
        yield b""
        raise RuntimeError

    response = served(serve, guarded(application)).get("/")
    assert (response.status_code, response.text) == (503, "an error page")


def test_an_error_page_replaces_a_short_body(serve: Serve) -> None:
    def application(_environ: object, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [*TEXT, ("Content-Length", "4")])
        yield b"ab"
        raise RuntimeError

    response = served(serve, guarded(application)).get("/")
    assert (response.status_code, response.text) == (503, "an error page")


def test_an_error_page_is_too_late_once_the_head_is_sent(serve: Serve, logged: list[Record]) -> None:
    def application(_environ: object, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", EVENTS)
        yield b"data: a\n\n"
        raise RuntimeError

    response = served(serve, guarded(application)).get("/")
    assert response.text.startswith('data: a\n\nevent: error\ndata: {"code": "internal_error"')
    assert "error page" not in response.text
    assert logged[0].outcome == "internal_error"


def headless(_environ: object, _start_response: object) -> list[bytes]:
    return [b"a"]


def silent(_environ: object, _start_response: object) -> list[bytes]:
    return []


def twice(_environ: object, start_response: Any) -> list[bytes]:
    start_response("200 OK", TEXT)
    start_response("200 OK", TEXT)
    return []


def body(returned: Any) -> Any:
    def application(_environ: object, start_response: Any) -> Any:
        start_response("200 OK", TEXT)
        return returned

    return application


@pytest.mark.parametrize(
    ("application", "message"),
    [
        (headless, "the application wrote to its body before it called start_response"),
        (silent, "the application returned its body and did not call start_response"),
        (twice, "the application called start_response twice: the second call needs exc_info"),
        (body(None), "the application returned NoneType, expected an iterable of bytes such as [b'body']"),
        (body("text"), "the application returned str, expected an iterable of bytes such as [b'body']"),
        (body(b"bytes"), "the application returned bytes, expected an iterable of bytes such as [b'body']"),
        (body(["text"]), "the application's body has str, expected bytes: encode text"),
        (body([1]), "the application's body has int, expected bytes: encode text"),
        (body(iter([None])), "the application's body has NoneType, expected bytes: encode text"),
        (body(5), "'int' object is not iterable"),
        (head(200, TEXT), "start_response got the status 200, expected a str such as '200 OK'"),
        (head("OK", TEXT), "start_response got the status 'OK', expected a str such as '200 OK'"),
        (head("200 OK\r\nX: 1", TEXT), r"start_response got the status '200 OK\r\nX: 1', expected a str"),
        (head("200 OK", [("X-A", 1)]), "start_response got the header 'X-A', expected name and value as str"),
        (head("200 OK", [("X-A", "1\r\nX-B: 2")]), "start_response got the header 'X-A', expected name and value"),
        (head("200 OK", [("Content-Length", "many")]), "start_response got a Content-Length that is not a whole"),
        (head("200 OK", [("X-A", "Ж")]), "UnicodeEncodeError"),
        (lambda _environ: [], "takes 1 positional argument but 2 were given"),
    ],
)
def test_each_mistake_is_an_error_that_the_log_explains(
    serve: Serve, application: Callable[..., Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    response = served(serve, application).get("/")
    assert (response.status_code, response.json["error"]["code"]) == (500, "internal_error")  # type: ignore[index]
    assert message in capsys.readouterr().err

"""A WSGI application in place of a handler, in this process: which one is served, and how its body is sent."""

import io
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from wsgiref.validate import validator

import flask
import pytest

from faas_stream import stream
from faas_stream.answers.record import Record
from tests.events import without_ids
from tests.fixtures import Serve
from tests.web.applications import EVENTS, TEXT, head, served

SSE = {"Accept": "text/event-stream"}


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", TEXT)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} ".encode(), body]


def test_a_module_with_an_application_needs_no_handle(serve: Serve) -> None:
    response = served(serve, validator(echo)).post("/a/b?c=d", data=b"\xff\x00body", content_type="text/plain")
    assert (response.status_code, response.data) == (200, b"POST /a/b?c=d \xff\x00body")


def test_handle_takes_precedence(serve: Serve) -> None:
    assert serve(lambda _req: "handle", {"application": echo}).get("/").text == "handle"


def test_a_handler_may_return_an_application(serve: Serve) -> None:
    client = serve(lambda req: echo if req == "app" else f"handled {req}")
    assert client.post("/x", data="app").text == "POST /x? app"
    assert client.post("/x", data="other").text == "handled other"


def test_an_async_handler_may_return_an_application(serve: Serve) -> None:
    async def handle(_req: str) -> Any:
        return echo

    assert serve(handle).post("/x", data="app").text == "POST /x? app"


def test_a_flask_application_is_an_application(serve: Serve) -> None:
    application = flask.Flask("other")
    application.add_url_rule("/there", view_func=lambda: flask.redirect(flask.url_for("here")))
    application.add_url_rule("/here", endpoint="here", view_func=lambda: {"args": flask.request.args})
    client = served(serve, application)
    assert client.get("/there").headers["Location"] == "/here"
    assert client.get("/here?a=1").json == {"args": {"a": "1"}}
    assert client.get("/nowhere").status_code == 404


def test_what_stream_returns_is_still_a_response(serve: Serve) -> None:
    response = serve(lambda _req: stream(["a"])).post("/", headers=SSE)
    assert without_ids(response.text) == "data: a\n\ndata: [DONE]\n\n"


@pytest.mark.parametrize("buffer_body", ["true", "false"])
def test_the_application_reads_the_body(serve: Serve, buffer_body: str) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return [str(len(body)).encode()]

    client = served(serve, application, buffer_body=buffer_body, max_body="2MiB")
    assert client.post("/", data=b"x" * 2_000_000).text == "2000000"
    assert client.post("/", data=b"").text == "0"


@pytest.mark.parametrize("buffer_body", ["true", "false"])
def test_a_form_with_a_file_is_read_by_the_application(serve: Serve, buffer_body: str) -> None:
    application = flask.Flask("other")

    @application.post("/")
    def view() -> str:
        return f"{flask.request.form['name']} {flask.request.files['file'].read()!r}"

    client = served(serve, application, buffer_body=buffer_body)
    response = client.post("/", data={"name": "n", "file": (io.BytesIO(b"\x00\xff"), "f.bin")})
    assert response.text == r"n b'\x00\xff'"


def test_the_templates_rules_come_first(serve: Serve, logged: list[Record]) -> None:
    client = served(serve, echo, max_body="10", access="", auth_secret="")
    assert client.post("/", data=b"x" * 11).status_code == 413
    assert client.open("/", method="PROPFIND").status_code == 405
    assert client.post("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/-/ready").text == "ready\n"
    assert [record.outcome for record in logged] == ["body_too_large", "method_not_allowed", "cross_site"]


def test_a_module_may_have_is_public_and_methods_too(serve: Serve) -> None:
    module = {"application": echo, "methods": ["GET"], "is_public": lambda request: request.path == "/page"}
    client = serve(None, module, mounted_secrets="openai-api-key")
    assert client.get("/page").text == "GET /page? "
    assert client.get("/other").status_code == 401
    assert client.post("/page").status_code == 405


def test_script_name_is_what_the_gateway_has_removed(serve: Serve) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        return [f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode()]

    client = served(serve, application, script_name="/function/fn/")
    assert client.get("/x", headers={"X-Start-Time": "1"}).text == "/function/fn|/x"
    assert client.get("/x").text == "|/x"


def late(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("201 Created", EVENTS)
    yield b""
    yield b"data: a\n\n"
    yield b"data: [DONE]\n\n"


def test_start_response_may_be_called_at_the_first_iteration(serve: Serve, logged: list[Record]) -> None:
    response = served(serve, validator(late)).get("/")
    assert (response.status_code, response.text) == (201, "data: a\n\ndata: [DONE]\n\n")
    assert response.headers["X-Accel-Buffering"] == "no"
    assert (logged[0].status, logged[0].outcome, logged[0].events) == (201, "complete", 2)


def test_write_comes_before_what_is_returned(serve: Serve) -> None:
    def application(_environ: object, start_response: Any) -> list[bytes]:
        write = start_response("200 OK", TEXT)
        write(b"a")
        write(b"")
        write(b"b")
        return [b"c"]

    assert served(serve, application).get("/").data == b"abc"


def test_a_short_list_has_its_length(serve: Serve, logged: list[Record]) -> None:
    response = served(serve, echo).get("/")
    assert response.headers["Content-Length"] == str(len(response.data))
    assert logged == []


@pytest.mark.parametrize("body", [[b"x" * 70_000] * 3, iter([b"x" * 70_000] * 3), (b"x" * 210_000,)])
def test_a_large_body_arrives_whole(serve: Serve, body: Any) -> None:
    def application(_environ: object, start_response: Any) -> Any:
        start_response("200 OK", TEXT)
        return body

    assert served(serve, application).get("/").data == b"x" * 210_000


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_status_without_a_body_has_none(serve: Serve, status: str) -> None:
    def application(_environ: object, start_response: Any) -> Iterator[bytes]:
        start_response(status, [])
        yield b"not sent"

    response = served(serve, application).get("/")
    assert (response.status, response.data) == (status, b"")
    assert "Content-Length" not in response.headers


class Body:
    """An iterable that counts its `close`, and says in which thread each part of it ran."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items
        self.threads: list[int] = []
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for item in self.items:
            self.threads.append(threading.get_ident())
            if isinstance(item, Exception):
                raise item
            yield item

    def close(self) -> None:
        self.threads.append(threading.get_ident())
        self.closed += 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [TEXT, EVENTS, [*TEXT, ("Content-Length", "2")]], ids=str)
@pytest.mark.parametrize("items", [[b"a", b"b"], [], [b"a", RuntimeError("x")], [RuntimeError("x")], ["str"]], ids=str)
def test_the_iterable_is_closed_once_in_the_thread_that_iterates_over_it(
    serve: Serve, method: str, headers: list[tuple[str, str]], items: list[Any]
) -> None:
    body = Body(items)

    def application(_environ: object, start_response: Any) -> Any:
        body.threads.append(threading.get_ident())
        start_response("200 OK", headers)
        return body

    served(serve, application).open("/", method=method)
    assert body.closed == 1
    assert len(set(body.threads)) == 1


def test_an_error_in_close_does_not_spoil_the_answer(
    serve: Serve, logged: list[Record], capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing(Body):
        def close(self) -> None:
            raise RuntimeError("in close")

    def application(_environ: object, start_response: Any) -> Any:
        start_response("200 OK", EVENTS)
        return Failing([b"data: a\n\n"])

    assert served(serve, application).get("/").data == b"data: a\n\n"
    assert logged[0].outcome == "complete"
    assert "RuntimeError: in close" in capsys.readouterr().err


def test_headers_of_the_connection_are_not_the_applications(serve: Serve) -> None:
    headers = [*TEXT, ("Connection", "close"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    response = served(serve, head("200 OK", headers)).get("/")
    assert "Connection" not in response.headers
    assert response.headers.getlist("Set-Cookie") == ["a=1", "b=2"]


def test_a_module_with_neither_is_refused(serve: Serve) -> None:
    with pytest.raises(AttributeError):
        serve(None, {"application": ModuleType("application")})

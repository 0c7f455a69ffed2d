"""The application around a handler: it accepts and returns whatever Flask does, and every error is JSON."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import flask
import pytest
from werkzeug.test import TestResponse

from faas_stream import ClientError, stream
from faas_stream.answers.record import Record
from tests.events import without_ids
from tests.fixtures import Serve

SSE = {"Accept": "text/event-stream"}


def code(response: TestResponse) -> str:
    """The code of an error response."""
    return str(response.get_json()["error"]["code"])


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/any/path", "//double", "/static/x", "/%2e%2e/x"])
def test_every_path_reaches_the_handler(serve: Serve, method: str, path: str) -> None:
    client = serve(lambda req: f"{flask.request.method} {req}")
    assert client.open(path, method=method, data="hi").text == f"{method} hi"


def test_a_module_may_say_which_methods_it_answers(serve: Serve) -> None:
    client = serve(lambda _req: "in", {"methods": ["GET", "POST"]})
    assert client.get("/").text == client.post("/").text == "in"
    for method in ("PUT", "HEAD", "OPTIONS", "PROPFIND"):
        response = client.open("/", method=method)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST"), method
    assert code(client.put("/")) == "method_not_allowed"


def test_a_method_that_http_does_not_define_is_refused(serve: Serve) -> None:
    assert serve(lambda _req: "in").open("/", method="PROPFIND").status_code == 405


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        ("text", 200, b"text"),
        (b"bytes", 200, b"bytes"),
        (("made", 201), 201, b"made"),
        (("made", 201, {"X-A": "1"}), 201, b"made"),
        ({"a": 1}, 200, b'{"a":1}\n'),
        ([1], 200, b"[1]\n"),
        (flask.Response("own", 202), 202, b"own"),
        (iter(["a", "b"]), 200, b"ab"),
    ],
)
def test_everything_that_flask_accepts_may_be_returned(serve: Serve, returned: Any, status: int, body: bytes) -> None:
    response = serve(lambda _req: returned).post("/")
    assert (response.status_code, response.data) == (status, body)


def test_an_async_handler_may_return_the_same(serve: Serve) -> None:
    async def handle(req: str) -> Any:
        return {"method": flask.request.method, "req": req}, 201

    response = serve(handle).post("/", data="hi")
    assert (response.status_code, response.get_json()) == (201, {"method": "POST", "req": "hi"})


def test_an_async_handler_that_raises_is_an_error_with_a_status(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    async def handle(_req: str) -> Any:
        raise RuntimeError("sk-secret")

    response = serve(handle).post("/")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "RuntimeError: sk-secret" in capsys.readouterr().err


def test_bad_utf8_is_replaced_and_raw_bodies_are_bytes(serve: Serve) -> None:
    assert serve(lambda req: req).post("/", data=b"a\xff").text == "a\ufffd"
    assert serve(lambda req: repr(req), RAW_BODY="True").post("/", data=b"a\xff").text == "b'a\\xff'"


def test_an_unbuffered_body_is_a_stream(serve: Serve) -> None:
    client = serve(lambda req: req.read(2) + b"|" + req.read(), buffer_body="false")
    assert client.post("/", data="abcd").data == b"ab|cd"
    headers = {**SSE, "Content-Type": "application/json"}
    assert client.post("/", data="{}", headers=headers).data == b"{}|"


def test_a_form_is_text_to_the_handler_and_a_form_to_flask(serve: Serve) -> None:
    form = "application/x-www-form-urlencoded"
    assert serve(lambda req: req).post("/", data="a=1&b", content_type=form).text == "a=1&b"


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*"])
def test_none_is_an_error(serve: Serve, accept: str, capsys: pytest.CaptureFixture[str]) -> None:
    response = serve(lambda _req: None).post("/", headers={"Accept": accept})
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "None" in capsys.readouterr().err


def refuse(_req: str) -> None:
    raise ClientError("No such city.", status=404, code="no_city", headers={"X-Hint": "Paris"})


def test_a_client_error_has_its_authors_text(serve: Serve, logged: list[Record]) -> None:
    response = serve(refuse).post("/")
    assert (response.status_code, response.headers["X-Hint"]) == (404, "Paris")
    assert response.json == {
        "error": {"code": "no_city", "message": "No such city.", "type": "invalid_request_error"},
    }
    assert logged[0].outcome == "no_city"


@pytest.mark.parametrize(("status", "name"), [(404, "not_found"), (418, "im_a_teapot"), (503, "service_unavailable")])
def test_a_flask_abort_is_a_json_error(serve: Serve, status: int, name: str) -> None:
    response = serve(lambda _req: flask.abort(status)).post("/")
    assert response.status_code == status
    assert code(response).replace("'", "") == name


def test_a_flask_redirect_is_kept(serve: Serve) -> None:
    assert serve(lambda _req: flask.redirect("/there")).post("/").headers["Location"] == "/there"


def fail(_req: str) -> None:
    raise RuntimeError("sk-secret")


def test_an_exceptions_text_stays_in_the_log(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    response = serve(fail).post("/")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "sk-secret" not in response.text
    assert "RuntimeError: sk-secret" in capsys.readouterr().err


@pytest.mark.parametrize("error", [TimeoutError, ConnectionResetError, OSError, SystemExit, StopIteration])
def test_an_authors_own_error_is_internal_whatever_it_is(
    serve: Serve, error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    def handle(_req: str) -> None:
        raise error

    response = serve(handle).post("/")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert error.__name__ in capsys.readouterr().err


def test_a_body_above_the_limit_is_refused(serve: Serve) -> None:
    client = serve(lambda req: req, max_body="4")
    assert client.post("/", data="1234").text == "1234"
    response = client.post("/", data="12345")
    assert (response.status_code, code(response)) == (413, "body_too_large")


def blog(_req: str) -> flask.Response:
    def generate() -> Iterator[str]:
        yield f"data: {flask.request.method}\n\n"

    headers = {"Connection": "keep-alive", "X-Mine": "1"}
    return flask.Response(generate(), mimetype="text/event-stream", headers=headers)


async def async_blog(_req: str) -> flask.Response:
    async def generate() -> AsyncIterator[str]:
        yield f"data: {flask.request.method}\n\n"

    headers = {"Connection": "keep-alive", "X-Mine": "1"}
    return flask.Response(generate(), mimetype="text/event-stream", headers=headers)  # type: ignore[arg-type]


@pytest.mark.parametrize("handle", [blog, async_blog])
def test_a_plain_streaming_response_is_sent_with_the_headers_of_a_stream(
    serve: Serve, logged: list[Record], handle: Any
) -> None:
    response = serve(handle).post("/")
    assert response.data == b"data: POST\n\n"
    assert "Connection" not in response.headers
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert (response.headers["X-Accel-Buffering"], response.headers["X-Mine"]) == ("no", "1")
    assert logged[0].outcome == "complete"


def test_a_plain_streaming_response_that_fails_ends_in_an_error_frame(serve: Serve) -> None:
    def handle(_req: str) -> flask.Response:
        def generate() -> Iterator[str]:
            yield "data: half"
            raise RuntimeError("sk-secret")

        return flask.Response(generate(), mimetype="text/event-stream")

    *_, last = serve(handle).post("/").text.strip().split("\n\n")
    assert last.startswith('event: error\ndata: {"code": "internal_error"')
    assert "sk-secret" not in last


def test_a_plain_streaming_response_is_closed_once(serve: Serve) -> None:
    closed = []

    def handle(_req: str) -> flask.Response:
        response = flask.Response(iter(["a"]), mimetype="text/event-stream")
        response.call_on_close(lambda: closed.append(True))
        return response

    assert serve(handle).post("/").text == "a"
    assert closed == [True]


def test_more_than_max_streams_are_refused_whatever_they_are(serve: Serve, logged: list[Record]) -> None:
    inner: list[Any] = []

    def handle(req: str) -> Any:
        if not inner:
            inner.append(client.post("/", data="second"))
            inner.append(client.get("/", headers={"Accept": "text/html"}))
            inner.append(client.put("/", headers={"Accept": "application/json"}))
        return stream([req])

    client = serve(handle, max_streams="1")
    assert without_ids(client.post("/", data="first").text).startswith("data: first")
    for refused in inner:
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert code(refused) == "at_capacity"
    assert [record.outcome for record in logged] == ["at_capacity"] * 3 + ["complete"]
    assert client.post("/", data="third").status_code == 200


def test_what_is_public_and_the_templates_own_responses_need_no_place(serve: Serve) -> None:
    inner: list[Any] = []

    def handle(_req: str) -> Any:
        if flask.request.path == "/page":
            return "page"
        inner.append(client.get("/page"))
        inner.append(client.get("/-/ready"))
        inner.append(client.options("/", headers={"Origin": "https://a.test", "Access-Control-Request-Method": "POST"}))
        inner.append(client.post("/", headers={"Last-Event-ID": "0" * 32 + ".1"}))
        return "first"

    module = {"is_public": lambda request: request.path == "/page"}
    client = serve(handle, module, max_streams="1", cors_origins="https://a.test")
    assert client.post("/").text == "first"
    assert [response.status_code for response in inner] == [200, 200, 204, 204]
    assert inner[0].text == "page"


def test_a_place_is_free_again_after_an_error(serve: Serve) -> None:
    client = serve(refuse, max_streams="1")
    assert {client.post("/").status_code for _ in range(3)} == {404}


def test_the_function_is_ready_once_its_handler_is_loaded(serve: Serve) -> None:
    response = serve(fail, auth_secret="tokens").get("/-/ready")
    assert (response.status_code, response.text) == (200, "ready\n")


def test_a_handler_without_handle_says_what_to_write(serve: Serve) -> None:
    with pytest.raises(AttributeError, match=r"def handle\(req\)"):
        serve(None)


@pytest.mark.parametrize("methods", ["GET", None, [1], 5])
def test_methods_that_are_no_list_of_names_stop_the_load(serve: Serve, methods: object) -> None:
    with pytest.raises(TypeError, match=r'`methods` is .*: expected a list .* methods = \["GET", "POST"\]'):
        serve(lambda _req: "in", {"methods": methods})

"""The application around a handler: whatever Flask accepts, and what `stream` makes of a request."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from faas_stream import ClientError, Event, chat_messages, stream
from faas_stream.app import FunctionApp
from faas_stream.lifecycle import Lifecycle
from faas_stream.settings import Settings

Serve = Callable[..., FlaskClient]


def code(response: TestResponse) -> str:
    """The code of an error answer."""
    return str(response.get_json()["error"]["code"])


@pytest.fixture
def logged() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def serve(logged: list[dict[str, Any]]) -> Serve:
    """A client of a handler's application, under these settings. Every log line is in `logged`."""

    def serve(handle: Callable[[Any], Any], **environment: str) -> FlaskClient:
        settings = Settings(environment)
        lifecycle = Lifecycle.of(settings, emit=lambda line: logged.append(json.loads(line)))
        app = FunctionApp(settings, lifecycle)
        app.handle = handle
        lifecycle.loaded.set()
        return app.test_client()

    return serve


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/any/path", "//double", "/static/x", "/%2e%2e/x"])
def test_every_method_and_path_reaches_the_handler(serve: Serve, method: str, path: str) -> None:
    client = serve(lambda req: f"{flask.request.method} {req}")
    assert client.open(path, method=method, data="hi").text == f"{method} hi"


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
def test_whatever_flask_accepts_may_be_returned(serve: Serve, returned: Any, status: int, body: bytes) -> None:
    response = serve(lambda _req: returned).post("/")
    assert (response.status_code, response.data) == (status, body)


def test_bad_utf8_is_replaced_and_raw_bodies_are_bytes(serve: Serve) -> None:
    assert serve(lambda req: req).post("/", data=b"a\xff").text == "a\ufffd"
    assert serve(lambda req: repr(req), RAW_BODY="True").post("/", data=b"a\xff").text == "b'a\\xff'"


def test_an_unbuffered_body_is_a_stream(serve: Serve) -> None:
    client = serve(lambda req: req.read(2) + b"|" + req.read(), buffer_body="false")
    assert client.post("/", data="abcd").data == b"ab|cd"
    headers = {"Accept": "text/event-stream", "Content-Type": "application/json"}
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


def test_a_client_error_is_told_as_the_author_says(serve: Serve, logged: list[dict[str, Any]]) -> None:
    response = serve(refuse).post("/")
    assert (response.status_code, response.headers["X-Hint"]) == (404, "Paris")
    assert response.json == {
        "error": {"code": "no_city", "message": "No such city.", "type": "invalid_request_error"},
    }
    assert logged[0]["outcome"] == "no_city"


def test_flasks_own_errors_are_json_too(serve: Serve) -> None:
    response = serve(lambda _req: flask.abort(405, valid_methods=["GET"])).post("/")
    assert (response.status_code, code(response)) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET"
    assert serve(lambda _req: flask.abort(flask.Response("own", 418))).post("/").text == "own"
    assert serve(lambda _req: flask.redirect("/there")).post("/").headers["Location"] == "/there"


def fail(_req: str) -> None:
    raise RuntimeError("sk-secret")


def test_an_exceptions_text_stays_in_the_log(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    response = serve(fail).post("/")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "sk-secret" not in response.text
    assert "RuntimeError: sk-secret" in capsys.readouterr().err


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


def test_a_plain_streaming_response_is_relayed_with_the_headers_of_a_stream(
    serve: Serve, logged: list[dict[str, Any]]
) -> None:
    response = serve(blog).post("/")
    assert response.data == b"data: POST\n\n"
    assert "Connection" not in response.headers
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert (response.headers["X-Accel-Buffering"], response.headers["X-Mine"]) == ("no", "1")
    assert logged[0]["outcome"] == "complete"


def test_a_plain_streaming_response_that_fails_ends_in_an_error_frame(serve: Serve) -> None:
    def handle(_req: str) -> flask.Response:
        def generate() -> Iterator[str]:
            yield "data: half"
            raise RuntimeError("sk-secret")

        return flask.Response(generate(), mimetype="text/event-stream")

    *_, last = serve(handle).post("/").text.strip().split("\n\n")
    assert last.startswith('event: error\ndata: {"code": "internal_error"')
    assert "sk-secret" not in last


def test_a_head_request_closes_the_stream_unread(serve: Serve) -> None:
    read, closed = [], []

    class Source:
        def __iter__(self) -> Iterator[str]:
            read.append(True)
            return iter(["a"])

        def close(self) -> None:
            closed.append(True)

    response = serve(lambda _req: stream(Source())).head("/")
    assert (response.status_code, response.data) == (200, b"")
    assert (read, closed) == ([], [True])


@pytest.mark.parametrize(
    ("path", "accept", "status", "told"),
    [("/?format=xml", "*/*", 400, "unknown_format"), ("/", "image/png", 406, "not_acceptable")],
)
def test_a_stream_that_cannot_be_sent_is_closed(serve: Serve, path: str, accept: str, status: int, told: str) -> None:
    closed = []

    class Source(list[str]):
        def close(self) -> None:
            closed.append(True)

    response = serve(lambda _req: stream(Source())).post(path, headers={"Accept": accept})
    assert (response.status_code, code(response)) == (status, told)
    assert closed


def test_the_format_is_the_requests_the_handlers_or_the_settings(serve: Serve) -> None:
    def is_json(path: str, argument: str | None, **settings: str) -> bool:
        return serve(lambda _req: stream(["a"], format=argument), **settings).post(path).text.startswith("id: 1")

    assert not is_json("/", None)
    assert is_json("/", None, stream_format="json")
    assert not is_json("/", "text", stream_format="json")
    assert is_json("/?format=json", "text")


@pytest.mark.parametrize(
    ("body", "headers", "media_type"),
    [
        ({"prompt": "a", "stream": True}, {"Accept": "application/json"}, "text/event-stream"),
        ({"prompt": "a", "stream": False}, {"Accept": "application/json"}, "application/json"),
        ({"prompt": "a", "stream": True}, {"Accept": "text/plain"}, "text/plain"),
        ({"prompt": "a"}, {"Accept": "*/*", "X-Callback-Url": "http://x"}, "application/json"),
        ({"prompt": "a", "stream": True}, {"Accept": "*/*", "X-Callback-Url": "http://x"}, "application/json"),
        ({"prompt": "a"}, {"Accept": "text/plain", "X-Callback-Url": "http://x"}, "text/plain"),
    ],
)
def test_sdks_that_accept_json_may_ask_for_a_stream_and_callbacks_get_a_document(
    serve: Serve, body: dict[str, Any], headers: dict[str, str], media_type: str
) -> None:
    assert serve(lambda _req: stream(["a"])).post("/", json=body, headers=headers).mimetype == media_type


def test_a_reconnecting_browser_gets_no_second_answer(serve: Serve) -> None:
    called = []

    def handle(req: str) -> flask.Response:
        called.append(req)
        return stream(["a"])

    client = serve(handle)
    first = client.get("/?message=a", headers={"Accept": "text/event-stream"})
    answer_id = first.text.partition("id: ")[2].partition("\n")[0]
    assert answer_id
    again = client.get("/?message=a", headers={"Accept": "text/event-stream", "Last-Event-ID": answer_id})
    assert (again.status_code, len(called)) == (204, 1)


def test_a_token_is_asked_for_where_one_is_set(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".secrets").mkdir()
    (tmp_path / ".secrets" / "tokens").write_text("old\n\nnew\n")
    monkeypatch.chdir(tmp_path)
    client = serve(lambda _req: "in", auth_secret="tokens")

    def ask(authorization: str | None) -> TestResponse:
        return client.post("/", headers={"Authorization": authorization} if authorization else {})

    for refused in (None, "Bearer", "Bearer ", "Bearer wrong", "Basic old", "Bearer old new", "Bearer \u00fcber"):
        response = ask(refused)
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer"), refused
        assert code(response) == "unauthorized"
    assert ask("Bearer old").text == ask("bearer  new").text == "in"


def test_pages_of_other_origins_are_let_in_by_name(serve: Serve) -> None:
    client = serve(lambda _req: "in", cors_origins="https://a.example, https://b.example/")
    asked = {"Origin": "https://b.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/", headers={**asked, "Access-Control-Request-Headers": "authorization"})
    assert (preflight.status_code, preflight.data) == (204, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://b.example"
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization"
    assert preflight.headers["Vary"] == "Origin"
    assert client.post("/", headers={"Origin": "https://a.example"}).headers["Access-Control-Allow-Origin"]
    for response in (
        client.post("/", headers={"Origin": "https://evil.example"}),
        client.options("/", headers={**asked, "Origin": "https://evil.example"}),
        serve(lambda _req: "in").post("/", headers={"Origin": "https://a.example"}),
    ):
        assert "Access-Control-Allow-Origin" not in response.headers
    anyone = serve(lambda _req: "in", cors_origins="*").post("/", headers={"Origin": "https://x.example"})
    assert anyone.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in anyone.headers


def test_a_handler_may_send_events_and_read_the_request_while_it_streams(serve: Serve) -> None:
    def handle(req: str) -> flask.Response:
        messages = chat_messages(req)

        def answer() -> Iterator[str | Event]:
            yield Event({"n": len(messages)}, event="progress")
            yield flask.request.args["message"]

        return stream(answer)

    response = serve(handle).post("/?message=hello")
    assert response.text == 'event: progress\ndata: {"n": 1}\n\ndata: hello\n\ndata: [DONE]\n\n'


def test_a_handlers_response_can_be_tested_without_the_template() -> None:
    app = flask.Flask("test")
    with app.test_request_context("/", headers={"Accept": "text/plain"}):
        assert stream(["a", "b"]).get_data(as_text=True) == "ab"


def test_more_than_max_streams_are_refused_but_pages_are_served(serve: Serve, logged: list[dict[str, Any]]) -> None:
    inner: list[Any] = []

    def handle(req: str) -> Any:
        if flask.request.method == "GET":
            return "page"
        if not inner:
            inner.append(None)
            inner.append(client.post("/", data="second"))
            inner.append(client.get("/", headers={"Accept": "text/html"}))
            inner.append(client.head("/"))
        return stream([req])

    client = serve(handle, max_streams="1")
    assert client.post("/", data="first").text.startswith("data: first")
    refused, page, head = inner[1:]
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert code(refused) == "at_capacity"
    assert (page.text, head.status_code) == ("page", 200)
    assert [record["outcome"] for record in logged] == ["at_capacity", "complete"]
    assert client.post("/", data="third").status_code == 200

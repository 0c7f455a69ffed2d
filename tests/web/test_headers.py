"""Headers of every response, besides those of its author."""

from typing import Any

import flask
import pytest

from faas_stream import stream
from faas_stream.web.headers import sendable
from tests.fixtures import Serve
from tests.web.test_app import code

PAGE = "https://page.test"


@pytest.mark.parametrize(("path", "method"), [("/", "POST"), ("/stream", "POST"), ("/none", "POST"), ("/", "OPTIONS")])
def test_no_response_is_sniffed(serve: Serve, path: str, method: str) -> None:
    def handle(_req: str) -> Any:
        match flask.request.path:
            case "/stream":
                return stream(["a"])
            case "/none":
                return flask.abort(404)
        return "text"

    client = serve(handle, cors_origins=PAGE)
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"} if method == "OPTIONS" else {}
    assert client.open(path, method=method, headers=headers).headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/-/ready").headers["X-Content-Type-Options"] == "nosniff"


def test_the_authors_headers_take_precedence_and_vary_is_merged(serve: Serve) -> None:
    def handle(_req: str) -> Any:
        mine = {"Vary": "Accept-Language", "X-Content-Type-Options": "mine", "Cache-Control": "max-age=1"}
        return flask.Response("a", headers=mine)

    headers = serve(handle, cors_origins=PAGE).post("/", headers={"Origin": PAGE}).headers
    assert headers["Vary"] == "Accept-Language, Origin"
    assert headers.getlist("X-Content-Type-Options") == ["mine"]
    assert headers["Cache-Control"] == "max-age=1"


def test_the_same_vary_is_not_repeated() -> None:
    assert sendable([("Vary", "Accept, origin")], {"Vary": "Origin"}) == [("Vary", "Accept, origin")]


@pytest.mark.parametrize("name", ["Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Upgrade", "trailers"])
def test_headers_of_the_connection_are_left_out(name: str) -> None:
    assert sendable([(name, "x"), ("X-A", "1")], {}) == [("X-A", "1")]


@pytest.mark.parametrize("is_stream", [True, False])
def test_a_header_that_http_cannot_carry_is_an_error_with_a_status(
    serve: Serve, is_stream: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def handle(_req: str) -> Any:
        response = stream(["a"]) if is_stream else flask.Response("a")
        response.headers["X-Title"] = "a \u2013 b"
        return response

    response = serve(handle).post("/")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "UnicodeEncodeError" in capsys.readouterr().err


def test_pages_of_other_origins_are_admitted_by_name(serve: Serve) -> None:
    client = serve(lambda _req: "in", cors_origins="https://a.test, https://b.test/")
    headers = {"Origin": "https://b.test", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/", headers={**headers, "Access-Control-Request-Headers": "authorization"})
    assert (preflight.status_code, preflight.data) == (204, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://b.test"
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization"
    assert preflight.headers["Vary"] == "Origin"
    assert client.post("/", headers={"Origin": "https://a.test"}).headers["Access-Control-Allow-Origin"]
    for response in (
        client.post("/", headers={"Origin": "https://evil.test"}),
        client.options("/", headers={**headers, "Origin": "https://evil.test"}),
        serve(lambda _req: "in").post("/", headers={"Origin": "https://a.test"}),
    ):
        assert "Access-Control-Allow-Origin" not in response.headers
    anyone = serve(lambda _req: "in", cors_origins="*").post("/", headers={"Origin": "https://x.test"})
    assert anyone.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in anyone.headers

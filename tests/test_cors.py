"""Which pages of other origins may call a function: a browser's requests, on every way to the function."""

from collections.abc import Iterator, Mapping

import httpx
import pytest

from tests.events import without_ids
from tests.fronts import DIRECT, Front, lay_out, serve
from tests.platform.running import Running

PAGE, OTHER = "https://app.example", "https://other.example:8443"
EVIL = "https://evil.example"
HANDLER = """
from faas_stream import chat_messages, stream

def handle(req):
    return stream([chat_messages(req)[-1]["content"]])
"""
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


@pytest.fixture(scope="module")
def function(way: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)
    (folder / ".secrets" / "callers").write_text("let-me-in\n")
    with serve(way, folder, cors_origins=f"{PAGE}, {OTHER}/", auth_secret="callers") as running:
        yield running


def of_cors(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def ask(function: Running, origin: str | None, method: str = "POST", **more: str) -> httpx.Response:
    headers = {"Accept": "text/event-stream", "Authorization": "Bearer let-me-in", **more}
    if origin is not None:
        headers["Origin"] = origin
    return httpx.request(method, function.url, content="hi", headers=headers, timeout=60)


def ask_beforehand(function: Running, origin: str, preflight: Mapping[str, str] = PREFLIGHT) -> httpx.Response:
    return httpx.options(function.url, headers={"Origin": origin, **preflight}, timeout=60)


@pytest.mark.parametrize("origin", [PAGE, OTHER])
def test_a_preflight_is_answered_without_a_token(function: Running, origin: str) -> None:
    response = ask_beforehand(function, origin)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert int(response.headers["Access-Control-Max-Age"]) > 0
    assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize("origin", [PAGE, OTHER])
def test_a_page_may_read_the_stream(function: Running, origin: str) -> None:
    response = ask(function, origin)
    assert without_ids(response.text) == "data: hi\n\ndata: [DONE]\n\n"
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
    assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize("status", [400, 401, 406, 413])
def test_a_page_may_read_errors_too(function: Running, status: int) -> None:
    headers = {"Origin": PAGE, "Accept": "text/event-stream", "Authorization": "Bearer let-me-in"}
    body = "hi"
    match status:
        case 400:
            body = ""
        case 401:
            del headers["Authorization"]
        case 406:
            headers["Accept"] = "image/png"
        case 413:
            body = "x" * (1024 * 1024 + 1)
    response = httpx.post(function.url, content=body, headers=headers, timeout=60)
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "http://app.example", f"{PAGE}.evil.example", f"{PAGE}:8443", "https://other.example", "*", ""],
)
def test_no_other_page_may(function: Running, origin: str) -> None:
    for response in (ask_beforehand(function, origin), ask(function, origin)):
        assert of_cors(response) == {}
        assert "Origin" in response.headers.get("Vary", "Origin")


def test_without_an_origin_there_are_no_cors_headers(function: Running) -> None:
    assert of_cors(ask(function, None)) == {}


def test_credentials_are_never_allowed(function: Running) -> None:
    for response in (ask_beforehand(function, PAGE), ask(function, PAGE, Cookie="a=b")):
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_preflight_cannot_inject_headers(function: Running) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "a\x01b, ö"}
    response = httpx.options(
        function.url, headers=[(k.encode(), v.encode()) for k, v in {"Origin": PAGE, **preflight}.items()], timeout=60
    )
    assert response.status_code < 500


@pytest.mark.parametrize(("setting", "expected"), [("*", "*"), ("", None)])
def test_any_page_or_none(setting: str, expected: str | None, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)
    with serve(DIRECT, folder, cors_origins=setting) as function:
        for response in (ask_beforehand(function, EVIL), ask(function, EVIL)):
            assert response.headers.get("Access-Control-Allow-Origin") == expected
            assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("setting", ["app.example", "https://", "https://app.example/page", "everyone"])
def test_what_is_no_origin_stops_the_start(setting: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)
    with serve(DIRECT, folder, until="spawned", cors_origins=setting) as function:
        assert function.wait() == 1
        function.wait_for_line("cors_origins")

"""Who may call: tokens, functions with secrets, what is public, and pages of other sites."""

from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from faas_stream import secrets
from faas_stream.answers.record import Record
from faas_stream.settings import Settings
from faas_stream.web.access import Access
from tests.fixtures import Serve
from tests.platform.deadline import wait_until
from tests.web.test_app import code

PAGE, OTHER = "https://page.test", "https://other.test"


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of the secret `tokens`: two tokens with blank lines between."""
    (tmp_path / ".secrets").mkdir()
    path = tmp_path / ".secrets" / "tokens"
    path.write_text("old\n\n  new  \n")
    monkeypatch.chdir(tmp_path)
    return path


def call(client: FlaskClient, authorization: str | None = None, **options: Any) -> TestResponse:
    return client.post("/", headers={"Authorization": authorization} if authorization else {}, **options)


def test_each_token_admits_its_caller(serve: Serve) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens")
    assert call(client, "Bearer old").text == call(client, "bearer  new").text == "in"


def test_a_token_may_be_in_the_header_of_anthropics_clients(serve: Serve) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens")
    for key, status in [("old", 200), ("new", 200), ("wrong", 401), ("", 401), ("Bearer old", 401)]:
        assert client.post("/", headers={"X-Api-Key": key}).status_code == status
    both = {"X-Api-Key": "old", "Authorization": "Bearer wrong"}
    assert client.post("/", headers=both).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic old", "Bearer old new", "Bearer \u00fcber", "old",
        "Bearer\told", "Bearer \told", "Bearer: old", "Bearer=old", "Bearer old,", "Bearer old\u00a0", "Bearer old\x00",
        'Bearer "old"', "Bearer " + "o" * 60_000, "Bearer \u00f6\u00ff" * 9_000, "Bearerold",
    ],
)  # fmt: skip
def test_everybody_else_gets_401(serve: Serve, logged: list[Record], authorization: str | None) -> None:
    response = call(serve(lambda _req: "in", auth_secret="tokens"), authorization)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert code(response) == "unauthorized"
    assert [record.outcome for record in logged] == ["unauthorized"]


def test_two_authorization_headers_are_no_token(serve: Serve) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens")
    joined = {"HTTP_AUTHORIZATION": "Bearer old, Bearer new"}  # as the server joins them
    assert client.post("/", environ_overrides=joined).status_code == 401


def test_a_thousand_refusals_have_few_log_lines(serve: Serve, logged: list[Record]) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens")
    for number in range(1000):
        assert call(client, f"Bearer {number}").status_code == 401
    assert len(logged) < 20
    assert call(client, "Bearer old").status_code == 200
    wait_until(lambda: sum(record.requests for record in logged if record.status == 401) == 1000, "all are counted")


NAVIGATION = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize("environment", [{"auth_secret": "tokens"}, {"mounted_secrets": "openai-api-key"}])
def test_a_navigation_without_a_token_gets_the_short_page(serve: Serve, environment: dict[str, str]) -> None:
    called: list[str] = []
    client = serve(called.append, **environment)
    response = client.get("/?message=hi", headers=NAVIGATION)
    assert (response.status_code, response.mimetype) == (401, "text/html")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "-H 'Authorization: Bearer &lt;token&gt;'" in response.text
    assert called == []
    assert code(client.post("/", headers=NAVIGATION)) == "unauthorized"


def test_the_command_on_the_short_page_is_safe_to_paste(serve: Serve) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens")
    page = client.get(
        "/'$(id)`id`;id%0A&<b>|\u00e4?x='\"$(id)", headers={**NAVIGATION, "X-Forwarded-Host": "gw.test:8080"}
    )
    command = unescape(page.text.partition("<pre>curl -sN ")[2].partition(" -H")[0])
    assert command == "http://gw.test:8080/%27%24%28id%29%60id%60%3Bid%0A%26%3Cb%3E%7C%C3%A4"


def test_a_missing_token_is_detected_before_the_body_is_read(serve: Serve) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens", max_body="10")
    too_large = "[" * 1000
    assert call(client, data=too_large, content_type="application/json").status_code == 401
    assert call(client, "Bearer old", data=too_large, content_type="application/json").status_code == 413


def test_a_missing_token_is_detected_before_the_method_and_a_reconnect(serve: Serve) -> None:
    client = serve(lambda _req: "in", {"methods": ["GET"]}, auth_secret="tokens")
    assert client.post("/").status_code == 401
    assert client.get("/", headers={"Last-Event-ID": "0" * 32 + ".1"}).status_code == 401


def test_a_missing_token_is_detected_before_capacity(serve: Serve) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens", max_streams="1")
    place = client.application.answers.places.take()  # type: ignore[attr-defined]
    assert [call(client, token).status_code for token in (None, "Bearer wrong", "Bearer old")] == [401, 401, 429]
    place.give_back()
    assert call(client, "Bearer old").status_code == 200


def test_tokens_change_without_a_restart(serve: Serve, tokens: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = serve(lambda _req: "in", auth_secret="tokens")
    tokens.write_text("today\n")
    assert [call(client, f"Bearer {token}").status_code for token in ("today", "old")] == [200, 401]
    tokens.unlink()
    assert code(call(client, "Bearer today")) == "secret_missing"
    assert "faas-cli secret create tokens" in capsys.readouterr().err


def test_a_function_with_secrets_and_without_tokens_is_closed(serve: Serve) -> None:
    client = serve(lambda _req: "in", mounted_secrets="openai-api-key")
    assert call(client).status_code == call(client, "Bearer old").status_code == 401


@pytest.mark.parametrize("environment", [{}, {"auth_secret": "tokens"}, {"mounted_secrets": "openai-api-key"}])
def test_access_open_admits_everyone_whatever_else_is_set(serve: Serve, environment: dict[str, str]) -> None:
    assert call(serve(lambda _req: "in", access="open", **environment)).text == "in"


def test_what_is_public_needs_no_token(serve: Serve) -> None:
    module = {"is_public": lambda request: request.path == "/page"}
    client = serve(lambda _req: "in", module, auth_secret="tokens")
    assert [client.get(path).status_code for path in ("/page", "/", "/-/ready")] == [200, 401, 200]


@pytest.mark.parametrize(
    ("environment", "mounted", "mode", "reason"),
    [
        ({}, [], "open", "no secrets"),
        ({"access": "open"}, ["key"], "open", "access: open"),
        ({"auth_secret": "tokens"}, ["key"], "tokens", "auth_secret: tokens"),
        ({}, ["key"], "closed", "add `auth_secret: <name of a secret with tokens>` to its environment in stack.yaml"),
        ({"mounted_secrets": "a b"}, [], "closed", "mounts the secret a "),
    ],
)
def test_the_mode_of_access_has_a_reason(
    environment: dict[str, str],
    mounted: list[str],
    mode: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in (*mounted, "..data"):  # Kubernetes keeps hidden entries of its own there
        (tmp_path / name).touch()
    monkeypatch.setattr(secrets, "MOUNT", tmp_path)
    access = Access(Settings(environment))
    assert access.mode == mode
    assert reason in access.rule


CrossSite = Callable[..., int]


@pytest.fixture
def status(serve: Serve) -> CrossSite:
    """The status for a request with these headers, of a function that admits PAGE."""

    def status(headers: dict[str, str], method: str = "POST", **environment: str) -> int:
        client = serve(lambda _req: "in", **({"cors_origins": PAGE} | environment))
        return client.open("/", base_url="http://fn.test", method=method, headers=headers).status_code

    return status


def test_a_preflight_needs_no_token_and_does_not_reach_the_handler(serve: Serve) -> None:
    preflight = {"Sec-Fetch-Site": "same-site", "Origin": PAGE, "Access-Control-Request-Method": "POST"}
    client = serve(lambda _req: "in", auth_secret="tokens")
    response = client.options("/", headers=preflight)
    assert (response.status_code, response.data) == (204, b"")
    assert "Access-Control-Allow-Origin" not in response.headers  # so the browser sends nothing more
    assert client.post("/", headers=preflight).status_code == 401
    assert client.options("/").status_code == 401


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": OTHER}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": PAGE}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OTHER, "Authorization": "Bearer x"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OTHER, "Authorization": "Basic x"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://app.fn.test"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://fn.test"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": OTHER}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://fn.test:no"}, 403),
        ({"Origin": "fn.test"}, 403),
        ({"Origin": "http://fn.test"}, 200),
        ({"Origin": "https://gateway.test", "X-Forwarded-Host": "gateway.test"}, 200),
        ({"Origin": PAGE}, 200),
        ({}, 200),
    ],
)
def test_pages_of_other_sites_are_refused(status: CrossSite, headers: dict[str, str], expected: int) -> None:
    assert status(headers) == expected
    assert status(headers, "GET") == expected


def test_any_site_may_call_if_every_origin_is_allowed(status: CrossSite) -> None:
    assert status({"Sec-Fetch-Site": "cross-site", "Origin": OTHER}, cors_origins="*") == 200


def test_the_refusal_of_a_page_names_the_setting_that_admits_it(serve: Serve) -> None:
    response = serve(lambda _req: "in").post("/", headers={"Origin": OTHER, "Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, code(response)) == (403, "cross_site")
    assert "cors_origins" in response.get_json()["error"]["message"]

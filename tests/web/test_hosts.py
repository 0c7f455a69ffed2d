"""`allowed_hosts`: for which hosts a function answers."""

import pytest

from faas_stream.settings import SettingError, Settings
from tests.fixtures import Serve
from tests.web.test_app import code

ALLOWED = "Example.com., *.apps.example.com, 127.0.0.1, [0:0::1]"


def status(serve: Serve, host: str, forwarded: str | None = None, **settings: str) -> int:
    headers = {"X-Forwarded-Host": forwarded} if forwarded is not None else {}
    client = serve(lambda _req: "in", **({"allowed_hosts": ALLOWED} | settings))
    return client.post("/", headers=headers, environ_overrides={"HTTP_HOST": host}).status_code


@pytest.mark.parametrize(
    "host",
    [
        "example.com", "example.com:8080", "EXAMPLE.COM", "example.com.", "example.com.:80", "a.apps.example.com",
        "b.a.apps.example.com", "127.0.0.1", "127.0.0.1:5000", "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]",
    ],
)  # fmt: skip
def test_a_host_is_allowed_by_its_name(serve: Serve, host: str) -> None:
    assert status(serve, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.test", "xexample.com", "example.com.evil.test", "apps.example.com", "evil-apps.example.com",
        "example.com:80x", "example.com:80@evil.test", "evil.test#example.com", "example.com, evil.test", "::1", "[::1",
        "[::2]", "127.0.0.2", "*.apps.example.com:a", "example.com..", "a b", "ex\u00e4mple.com",
    ],
)  # fmt: skip
def test_any_other_host_is_refused(serve: Serve, host: str) -> None:
    assert status(serve, host) == 421
    assert status(serve, host, allowed_hosts="") == 200


@pytest.mark.parametrize(
    ("host", "forwarded", "expected"),
    [
        ("10.42.0.7:8080", "example.com", 200),
        ("[fd00::7]:8080", "example.com:443", 200),
        ("10.42.0.7:8080", "evil.test", 421),
        ("10.42.0.7:8080", "example.com, evil.test", 421),
        ("10.42.0.7:8080", "", 421),
        ("127.0.0.1:8080", "evil.test", 421),
        # A page that uses a name of its own can send any header except Host.
        ("evil.test", "example.com", 421),
        ("example.com", "gateway.internal", 200),
    ],
)
def test_the_gateways_header_counts_only_if_host_is_an_address(
    serve: Serve, host: str, forwarded: str, expected: int
) -> None:
    assert status(serve, host, forwarded) == expected


def test_the_refusal_names_host_and_setting_and_the_platform_gets_through(serve: Serve) -> None:
    client = serve(lambda _req: "in", allowed_hosts="example.com")
    refused = client.post("/", base_url="http://evil.test")
    assert (refused.status_code, code(refused)) == (421, "host_not_allowed")
    assert "'evil.test'" in refused.get_json()["error"]["message"]
    assert "allowed_hosts" in refused.get_json()["error"]["message"]
    assert client.get("/-/ready", base_url="http://10.0.0.1").status_code == 200


def test_what_is_public_and_preflights_are_refused_too(serve: Serve) -> None:
    client = serve(lambda _req: "in", {"is_public": lambda _request: True}, allowed_hosts="a.test", cors_origins="*")
    preflight = {"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"}
    assert client.get("/", base_url="http://evil.test").status_code == 421
    assert client.options("/", base_url="http://evil.test", headers=preflight).status_code == 421


@pytest.mark.parametrize("host", ["https://a.test", "a.test:80", "a.test/", "*", "*a.test", "a.*", "a b", "ä.test"])
def test_what_is_no_host_stops_the_start(host: str) -> None:
    with pytest.raises(SettingError, match=r"allowed_hosts=.* cannot be read: expected hosts such as example\.com"):
        Settings({"allowed_hosts": host})

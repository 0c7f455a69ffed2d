"""`allowed_models`: which models a request may have, and `auth_secret`: who may call."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.platform.running import Running
from tests.upstream import Call, Upstream

MODELS = ["cheap", "dear", "fine"]
ALLOWED = ["cheap", "fine"]


@pytest.fixture(scope="module")
def proxy(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "openai-proxy")
    (folder / ".secrets" / "callers").write_text("token-of-ann\ntoken-of-bob\n")
    with serve(DIRECT, folder, openai_base_url=server.url, allowed_models=" cheap ,fine,", auth_secret="callers") as fn:
        yield fn


@pytest.fixture
def sdk(proxy: Running) -> Iterator[OpenAI]:
    with OpenAI(api_key="token-of-ann", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
        yield client


def list_models(call: Call) -> None:
    listed = [{"id": name, "object": "model", "created": 1, "owned_by": "us", "own": name} for name in MODELS]
    call.refuse(200, {"object": "list", "own": 1, "data": listed})


def test_the_listing_has_the_allowed_models_alone(sdk: OpenAI, upstream: Upstream) -> None:
    upstream.script = list_models
    assert [model.to_dict()["own"] for model in sdk.models.list()] == ALLOWED


@pytest.mark.parametrize("model", ["dear", "Cheap", "cheap ", "ch", "/cheap"])
def test_another_model_is_refused_and_nothing_is_sent_upstream(sdk: OpenAI, upstream: Upstream, model: str) -> None:
    asks: list[Any] = [
        lambda: sdk.chat.completions.create(model=model, messages=[], stream=True),
        lambda: sdk.responses.create(model=model, input="hi"),
        lambda: sdk.completions.create(model=model, prompt="hi"),
        lambda: sdk.embeddings.create(model=model, input="hi"),
        lambda: sdk.models.retrieve(model),
    ]
    for ask in asks:
        with pytest.raises(openai.PermissionDeniedError) as raised:
            ask()
        body: Any = raised.value.body
        assert body["code"] == "model_not_allowed"
        assert body["message"].endswith("expected one of cheap, fine.")
    assert upstream.calls == []


def test_the_body_of_an_allowed_model_is_sent_upstream_as_it_came(proxy: Running, upstream: Upstream) -> None:
    body = b'{ "messages":[],\n "\\u006dodel" : "cheap", "stream":true, "metadata": {"model": "dear"} }'
    headers = {"Authorization": "Bearer token-of-bob", "Accept": "text/event-stream"}
    response = httpx.post(f"{proxy.url}/v1/chat/completions", content=body, headers=headers, timeout=60)
    assert response.text.endswith("data: [DONE]\n\n")
    assert upstream.calls[0].headers["Content-Length"] == str(len(body))
    assert upstream.calls[0].headers["Authorization"] == "Bearer test-key"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"model": "dear", "model": "cheap"}', 403, "model_not_allowed"),
        (b'{"model": "cheap", "model": "dear"}', 403, "model_not_allowed"),
        (b'{"model": "cheap", "Model": "dear"}', 403, "model_not_allowed"),
        (b'{"model": "cheap", "models": ["dear"]}', 403, "model_not_allowed"),
        (b'{"model": "cheap", "models": "dear"}', 403, "model_not_allowed"),
        (b'{"model": ["cheap"]}', 400, "missing_model"),
        (b'{"model": "cheap", "models": [{}]}', 400, "missing_model"),
        (b'{"model": ""}', 400, "missing_model"),
        (b"{}", 400, "missing_model"),
        (b'["model"]', 400, "bad_request"),
        (b'[["model", "cheap"]]', 400, "bad_request"),
        (b"", 400, "invalid_json"),
        (b"\xff", 400, "invalid_json"),
        (b'{"model": "cheap"', 400, "invalid_json"),
        (b'{"model": "cheap", "deep": ' + b"[" * 100_000, 400, "invalid_json"),
    ],
    ids=lambda value: str(value)[:45],
)  # fmt: skip
def test_no_body_brings_another_model_past(
    proxy: Running, upstream: Upstream, body: bytes, status: int, code: str
) -> None:
    headers = {"Authorization": "Bearer token-of-ann"}
    response = httpx.post(f"{proxy.url}/v1/chat/completions", content=body, headers=headers, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert upstream.calls == []


def test_the_sdks_key_is_the_callers_token(proxy: Running, upstream: Upstream) -> None:
    with (
        OpenAI(api_key="token-of-eve", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as eve,
        pytest.raises(openai.AuthenticationError),
    ):
        eve.models.list()
    assert upstream.calls == []


def test_a_refusal_of_upstreams_is_no_listing(sdk: OpenAI, upstream: Upstream) -> None:
    upstream.script = lambda call: call.refuse(429, {"error": {"message": "slower", "type": "t", "code": "c"}})
    with pytest.raises(openai.RateLimitError) as raised:
        sdk.models.list()
    assert json.loads(raised.value.response.text)["error"]["message"] == "slower"


@pytest.mark.parametrize(
    "query", ["model=dear", "Model=dear", "model=cheap&model=dear", "models[]=dear", "fallbacks=dear"]
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/v1/models/cheap"])
def test_no_query_brings_another_model_past(proxy: Running, upstream: Upstream, path: str, query: str) -> None:
    headers = {"Authorization": "Bearer token-of-ann"}
    method, body = ("GET", None) if "models" in path else ("POST", b'{"model": "cheap"}')
    response = httpx.request(method, f"{proxy.url}{path}?{query}", content=body, headers=headers, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "model_not_allowed")
    assert upstream.calls == []


@pytest.mark.parametrize(
    ("settings", "is_warned"),
    [
        ({"access": "open"}, True),
        ({"access": "open", "allowed_models": "*"}, True),
        ({"access": "open", "allowed_models": "cheap"}, False),
        ({"auth_secret": "callers"}, False),
    ],
)
def test_the_log_warns_of_a_proxy_that_is_open_to_everyone_for_any_model(
    folder: Path, settings: dict[str, str], is_warned: bool
) -> None:
    (folder / ".secrets" / "callers").write_text("token")
    warning = "warning: everyone may call this proxy"
    with serve(DIRECT, folder, settings) as proxy:
        if is_warned:
            proxy.wait_for_line(warning)
    assert any(line.startswith(warning) for line in proxy.output()) == is_warned


@pytest.mark.parametrize("listing", ["a stream", ["cheap"], {"data": "cheap"}])
def test_what_is_no_listing_is_502(sdk: OpenAI, upstream: Upstream, listing: Any) -> None:
    upstream.script = Call.finish if listing == "a stream" else lambda call: call.refuse(200, listing)
    with pytest.raises(openai.InternalServerError) as raised:
        sdk.models.list()
    assert raised.value.status_code == 502

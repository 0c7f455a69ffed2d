"""Azure OpenAI behind the proxy: other paths and another header, which the client does not notice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.fronts import DIRECT, serve
from tests.platform.running import Running
from tests.upstream import Upstream


@pytest.fixture(scope="module")
def proxy(server: Upstream, folder: Path) -> Iterator[Running]:
    endpoint = f"http://127.0.0.1:{server.port}/"
    with serve(DIRECT, folder, azure_endpoint=endpoint, azure_api_version="2025-01-01", openai_base_url="") as running:
        yield running


@pytest.fixture
def sdk(proxy: Running) -> Iterator[OpenAI]:
    with OpenAI(api_key="callers-own", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
        yield client


def test_the_model_is_the_deployment(sdk: OpenAI, upstream: Upstream) -> None:
    upstream.script = lambda call: call.refuse(200, {"data": [], "choices": [], "output": []})
    sdk.chat.completions.create(model="my gpt-4o", messages=[])
    sdk.completions.create(model="gpt", prompt="hi")
    sdk.embeddings.create(model="ada", input="hi", encoding_format="float")
    sdk.responses.create(model="gpt", input="hi")
    sdk.models.list()
    sdk.models.retrieve("gpt")
    version = "?api-version=2025-01-01"
    assert [call.path for call in upstream.calls] == [
        f"/openai/deployments/my%20gpt-4o/chat/completions{version}",
        f"/openai/deployments/gpt/completions{version}",
        f"/openai/deployments/ada/embeddings{version}",
        f"/openai/responses{version}",
        f"/openai/models{version}",
        f"/openai/models/gpt{version}",
    ]
    for call in upstream.calls:
        assert (call.headers["api-key"], call.headers["Authorization"]) == ("test-key", None)


def test_a_stream_of_a_deployment_arrives(sdk: OpenAI, upstream: Upstream) -> None:
    chunks = list(sdk.chat.completions.create(model="gpt", messages=[], stream=True))
    assert chunks[-1].usage
    assert upstream.calls[0].body["model"] == "gpt"


def test_the_query_goes_upstream_but_not_its_api_version(proxy: Running, upstream: Upstream) -> None:
    upstream.script = lambda call: call.refuse(200)
    httpx.get(f"{proxy.url}/v1/models?category=a%26b&API-version=1&api-version=2", timeout=60)
    assert upstream.calls[0].path == "/openai/models?api-version=2025-01-01&category=a%26b"


@pytest.mark.parametrize("model", ["..", ".", "../../files", "a/../b", "a//b", "/a", "a\\..\\b"])
def test_a_models_name_leads_nowhere_else(sdk: OpenAI, upstream: Upstream, model: str) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        sdk.chat.completions.create(model=model, messages=[])
    assert raised.value.code == "model_not_found"
    assert upstream.calls == []


def test_a_body_that_names_two_deployments_is_refused(proxy: Running, upstream: Upstream) -> None:
    body: Any = b'{"model": "a", "model": "b"}'
    response = httpx.post(f"{proxy.url}/v1/chat/completions", content=body, timeout=60)
    assert response.status_code == 400
    assert "several models" in response.json()["error"]["message"]
    assert upstream.calls == []

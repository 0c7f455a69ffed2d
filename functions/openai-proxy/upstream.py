"""Upstream: OpenAI, Azure OpenAI or any server that speaks their protocol, and the connections to it."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from openai import APIConnectionError, APIStatusError, APITimeoutError, DefaultAioHttpClient

from faas_stream import ClientError, secret

_CONNECT_TIMEOUT_S = 10.0
"""Of the connection alone: how long an answer may take is the template's to say."""

_KEPT_CONNECTIONS = 100
"""How many are kept for later requests. As many more as there are streams are opened, and closed after use."""

_MAX_CONNECTIONS = 4000
"""As many as `max_streams` may be. Without a number the library allows 100, and further streams would wait."""

_OF_DEPLOYMENTS = ("chat/completions", "completions", "embeddings")
"""Azure's paths for these name the deployment; for all others the body does."""


class Upstream:
    """api_version: Azure's, and "" if upstream is not Azure."""

    def __init__(self, base_url: str, api_version: str = "") -> None:
        self.api_version = api_version
        self._base = base_url.rstrip("/")
        # No retries: a repeated prompt is paid for twice, and its sender knows best whether to repeat it. No redirects,
        # which would carry the key to wherever upstream points.
        self._client = DefaultAioHttpClient(
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=_KEPT_CONNECTIONS),
            timeout=httpx2.Timeout(None, connect=_CONNECT_TIMEOUT_S),
        )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Upstream":
        """Azure if `azure_endpoint` is set, else `openai_base_url`, else OpenAI. Raises ValueError."""
        if endpoint := environment.get("azure_endpoint"):
            version = environment.get("azure_api_version") or "2024-10-21"
            return cls(_address("azure_endpoint", endpoint) + "/openai", version)
        return cls(_address("openai_base_url", environment.get("openai_base_url") or "https://api.openai.com/v1"))

    def url(self, endpoint: str, model: str, query: Iterable[tuple[str, str]]) -> str:
        """The address of an endpoint. model: if the path names it, else ""; query: the client's."""
        url = f"{self._base}/{endpoint}"
        if endpoint == "models" and model:
            url += "/" + _quoted(model)
        elif self.api_version and endpoint in _OF_DEPLOYMENTS:
            url = f"{self._base}/deployments/{_quoted(model)}/{endpoint}"
        if self.api_version:
            query = [("api-version", self.api_version), *(pair for pair in query if pair[0].lower() != "api-version")]
        encoded = urlencode(list(query))
        return f"{url}?{encoded}" if encoded else url

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> httpx2.Response:
        """Upstream's response, its body not read yet. Raises the SDK's exceptions, and MissingSecretError."""
        key = _key()
        authorization = {"api-key": key} if self.api_version else {"Authorization": f"Bearer {key}"}
        request = self._client.build_request(method, url, content=body, headers={**headers, **authorization})
        try:
            return await self._client.send(request, stream=True)
        except httpx2.TimeoutException as error:
            raise APITimeoutError(request) from error
        except httpx2.HTTPError as error:
            raise APIConnectionError(request=request) from error


async def refusal(response: httpx2.Response, status: int | None = None) -> APIStatusError:
    """The response as the SDK's exception, which the template reports to the client in words of its own."""
    await response.aclose()
    if status is not None:
        response.status_code = status
    return APIStatusError(f"upstream answered {response.status_code}", response=response, body=None)


def _address(setting: str, value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"setting {setting}={value!r} is no address: expected one such as https://api.openai.com/v1")
    return value.rstrip("/")


def _quoted(model: str) -> str:
    """A model's name as one segment of a path, which it cannot leave: it is the client's, and the key is ours."""
    if any(part in ("", ".", "..") for part in model.replace("\\", "/").split("/")):
        raise ClientError(f"The model {model[:100]!r} does not exist.", status=404, code="model_not_found")
    return quote(model, safe="")


def _key() -> str:
    key = secret("openai-api-key").strip()
    if not key or not key.isascii() or not key.isprintable():  # the HTTP library's own complaint would quote it
        raise ValueError("the secret openai-api-key is not one line of ASCII: expected the key and nothing else")
    return key

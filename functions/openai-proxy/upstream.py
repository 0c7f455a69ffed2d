"""Upstream: OpenAI, Azure OpenAI, Anthropic or any server that speaks their protocols."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

import httpx2
from openai import APIConnectionError, APIStatusError, APITimeoutError

from faas_stream import ClientError, secret

from .connections import Connections
from .routes import Route, quoted

_OF_DEPLOYMENTS = ("chat/completions", "completions", "embeddings", "audio/", "images/")
"""Azure's paths with these beginnings name the deployment; for all others the body names it."""

_CONNECTIONS = Connections()
_CLIENT = httpx2.AsyncClient(transport=_CONNECTIONS)
"""Makes requests with the library's headers. `_CONNECTIONS` sends them, because a client costs CPU for each token."""


class Upstream:
    """api_version: Azure's, and "" if upstream is not Azure. key_secret: the name of the secret with the key."""

    def __init__(self, base_url: str, api_version: str = "", key_secret: str = "openai-api-key") -> None:
        self.api_version = api_version
        self._base, self._key_secret = base_url.rstrip("/"), key_secret

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Upstream":
        """Azure if `azure_endpoint` is set, else `openai_base_url`, else OpenAI. Raises ValueError."""
        if endpoint := environment.get("azure_endpoint"):
            version = environment.get("azure_api_version") or "2024-10-21"
            return cls(_address("azure_endpoint", endpoint) + "/openai", version)
        return cls(_address("openai_base_url", environment.get("openai_base_url") or "https://api.openai.com/v1"))

    @classmethod
    def of_anthropic(cls, environment: Mapping[str, str]) -> "Upstream | None":
        """`anthropic_base_url`, with or without `/v1`; None if it is not set. Raises ValueError."""
        if not (address := environment.get("anthropic_base_url")):
            return None
        base = _address("anthropic_base_url", address).removesuffix("/v1")
        return cls(base + "/v1", key_secret="anthropic-api-key")

    def url(self, route: Route, model: str, query: Iterable[tuple[str, str]]) -> str:
        """The address of an endpoint. model: for a path of Azure's that names the deployment. query: the client's."""
        url = f"{self._base}/{route.name}"
        if route.model:
            url += "/" + quoted(route.model)
        elif self.api_version and route.name.startswith(_OF_DEPLOYMENTS):
            url = f"{self._base}/deployments/{quoted(model)}/{route.name}"
        if self.api_version:
            query = [("api-version", self.api_version), *(pair for pair in query if pair[0].lower() != "api-version")]
        encoded = urlencode(list(query))
        return f"{url}?{encoded}" if encoded else url

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> httpx2.Response:
        """Upstream's response, its body not read yet. Raises the SDK's exceptions, and MissingSecretError."""
        request = _CLIENT.build_request(method, url, content=body, headers={**headers, **self._authorization()})
        try:
            return await _CONNECTIONS.handle_async_request(request)
        except httpx2.TimeoutException as error:
            raise APITimeoutError(request) from error
        except httpx2.HTTPError as error:
            raise APIConnectionError(request=request) from error

    def _authorization(self) -> dict[str, str]:
        key = _key(self._key_secret)
        if self._key_secret == "anthropic-api-key":
            return {"X-Api-Key": key}
        return {"api-key": key} if self.api_version else {"Authorization": f"Bearer {key}"}


def choose(route: Route, openai: Upstream, anthropic: Upstream | None) -> Upstream:
    """The upstream of an endpoint. Raises ClientError, 404, if there is none."""
    if route.endpoint.dialect == "openai":
        return openai
    if anthropic is None:
        message = "Anthropic's endpoints are not served here: the function's setting `anthropic_base_url` is empty."
        raise ClientError(message, status=404, code="unknown_url")
    return anthropic


async def refusal(response: httpx2.Response, status: int | None = None) -> APIStatusError:
    """The response as the SDK's exception, which the template reports to the client in its own words."""
    await response.aclose()
    if status is not None:
        response.status_code = status
    return APIStatusError(f"upstream answered {response.status_code}", response=response, body=None)


def _address(setting: str, value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"setting {setting}={value!r} is no address: expected one such as https://api.openai.com/v1")
    return value.rstrip("/")


def _key(name: str) -> str:
    key = secret(name).strip()
    if not key or not key.isascii() or not key.isprintable():  # the HTTP library's own complaint would quote it
        raise ValueError(f"the secret {name} is not one line of ASCII: expected the key and nothing else")
    return key

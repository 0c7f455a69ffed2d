"""Upstream: OpenAI, Azure OpenAI or any server that speaks their protocol, and the connections to it."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import NewConnectionError

from faas_stream import ClientError, secret

_CONNECT_TIMEOUT_S = 10.0
"""Nothing but the connection's own making: how long an answer may take is the template's to say."""

_KEPT_CONNECTIONS = 100
"""How many are kept for the next request; as many more as there are streams are opened, and closed after use."""

_OF_DEPLOYMENTS = ("chat/completions", "completions", "embeddings")
"""Azure's paths for these name the deployment; for all others the body does."""


class UpstreamError(Exception):
    """Upstream refused this function, or broke off. The template tells the caller by status, in words of its own."""

    def __init__(self, response: urllib3.BaseHTTPResponse, status_code: int) -> None:
        super().__init__(f"upstream answered {response.status}")
        self.response, self.status_code = response, status_code


class Upstream:
    """api_version: Azure's, and "" where upstream is not Azure."""

    def __init__(self, base_url: str, api_version: str = "") -> None:
        self.api_version = api_version
        self._base = urllib3.util.parse_url(base_url.rstrip("/")).path or ""
        # No retries: a repeated prompt is paid for twice, and who sent it knows best whether to repeat it. And with
        # them no redirects, which would carry the key to wherever upstream points.
        self._pool = urllib3.connection_from_url(
            base_url,
            maxsize=_KEPT_CONNECTIONS,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=None),
        )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Upstream":
        """Azure where `azure_endpoint` is set, else `openai_base_url`, else OpenAI. Raises ValueError."""
        if endpoint := environment.get("azure_endpoint"):
            version = environment.get("azure_api_version") or "2024-10-21"
            return cls(_address("azure_endpoint", endpoint) + "/openai", version)
        return cls(_address("openai_base_url", environment.get("openai_base_url") or "https://api.openai.com/v1"))

    def path(self, endpoint: str, model: str, query: Iterable[tuple[str, str]]) -> str:
        """The path and query of an endpoint. model: where the path names it, else ""; query: the caller's."""
        path = f"{self._base}/{endpoint}"
        if endpoint == "models" and model:
            path += "/" + _quoted(model)
        elif self.api_version and endpoint in _OF_DEPLOYMENTS:
            path = f"{self._base}/deployments/{_quoted(model)}/{endpoint}"
        if self.api_version:
            query = [("api-version", self.api_version), *(pair for pair in query if pair[0].lower() != "api-version")]
        asked = urlencode(list(query))
        return f"{path}?{asked}" if asked else path

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """Upstream's answer, its body not read yet. Raises ConnectionError, urllib3's errors, MissingSecretError."""
        key = _key()
        authorization = {"api-key": key} if self.api_version else {"Authorization": f"Bearer {key}"}
        sent = {**headers, **authorization}
        try:
            return self._pool.urlopen(method, path, body, sent, preload_content=False)
        except NewConnectionError as error:  # to urllib3 a refused connection is a timeout as well
            raise ConnectionError("upstream cannot be reached") from error


def _address(setting: str, value: str) -> str:
    url = urllib3.util.parse_url(value)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"setting {setting}={value!r} is no address: expected one such as https://api.openai.com/v1")
    return value.rstrip("/")


def _quoted(model: str) -> str:
    """A model's name as one segment of a path, out of which it cannot lead: it is the caller's, the key is ours."""
    if any(part in ("", ".", "..") for part in model.replace("\\", "/").split("/")):
        raise ClientError(f"The model {model[:100]!r} does not exist.", status=404, code="model_not_found")
    return quote(model, safe="")


def _key() -> str:
    key = secret("openai-api-key").strip()
    if not key or not key.isascii() or not key.isprintable():  # http.client's own complaint would quote it
        raise ValueError("the secret openai-api-key is not one line of ASCII: expected the key and nothing else")
    return key

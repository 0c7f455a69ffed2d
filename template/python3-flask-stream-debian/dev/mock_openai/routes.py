"""Which endpoint a method and path mean, on OpenAI's paths (with and without `/v1`) and on Azure's."""

from dataclasses import dataclass

from .errors import ApiError

_METHODS = {
    "chat/completions": ("POST",),
    "completions": ("POST",),
    "responses": ("POST",),
    "embeddings": ("POST",),
    "models": ("GET",),
    "mock/calls": ("GET", "DELETE"),
    "": ("GET",),
}
_OF_DEPLOYMENTS = ("chat/completions", "completions", "embeddings")


@dataclass(frozen=True)
class Route:
    endpoint: str  # a key of _METHODS
    is_azure: bool = False
    deployment: str = ""  # Azure's name of the model; empty: the body names it
    model: str = ""  # of /models/<model>


def find(method: str, path: str, api_version: str | None) -> Route:
    """The route. Raises ApiError, 404 or 405, if there is none."""
    route = _known(path.strip("/"))
    if route is None:
        message = f"Invalid URL ({method} {path}). The mock knows /v1/{', /v1/'.join(_listed())}."
        raise ApiError(404, message)
    allowed = _METHODS[route.endpoint]
    if method not in allowed:
        message = f"Not allowed to {method} on {path}; use {' or '.join(allowed)}."
        raise ApiError(405, message, code="method_not_supported", headers={"Allow": ", ".join(allowed)})
    if route.deployment and not api_version:
        raise ApiError(404, "Resource not found: Azure's deployment paths need the query ?api-version=….", code="404")
    return route


def _known(path: str) -> Route | None:
    first, _, remainder = path.partition("/")
    is_azure = first == "openai"
    if is_azure:
        path = remainder
    if is_azure and path.startswith("deployments/"):
        _, deployment, endpoint = f"{path}//".split("/", 2)
        endpoint = endpoint.strip("/")
        return Route(endpoint, True, deployment) if deployment and endpoint in _OF_DEPLOYMENTS else None
    path = "" if path == "v1" else path.removeprefix("v1/")
    if path.startswith("models/"):
        return Route("models", is_azure, model=path.removeprefix("models/"))
    return Route(path, is_azure) if path in _METHODS else None


def _listed() -> list[str]:
    return [endpoint for endpoint in _METHODS if endpoint and not endpoint.startswith("mock/")]

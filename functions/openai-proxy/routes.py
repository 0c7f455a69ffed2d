"""Which of OpenAI's endpoints a request means."""

from typing import NamedTuple

from faas_stream import ClientError

METHODS = {
    "chat/completions": "POST",
    "responses": "POST",
    "completions": "POST",
    "embeddings": "POST",
    "models": "GET",
}


class Route(NamedTuple):
    """method: as upstream is asked. endpoint: a key of METHODS. model: of `models/<model>`, "" elsewhere."""

    method: str
    endpoint: str
    model: str = ""


def find(method: str, path: str) -> Route:
    """The route, with or without `/v1`. Raises ClientError: 404, and 405 for another method than the endpoint's."""
    endpoint, model = path.strip("/").removeprefix("v1/"), ""
    if endpoint.startswith("models/"):
        endpoint, _, model = endpoint.partition("/")
    expected = METHODS.get(endpoint)
    if expected is None:
        known = ", ".join(f"{expected_method} /v1/{name}" for name, expected_method in METHODS.items())
        message = f"Invalid URL ({method} {path[:200]}): expected one of {known}."
        raise ClientError(message, status=404, code="unknown_url")
    if method != expected and (method, expected) != ("HEAD", "GET"):
        raise ClientError(
            f"Not allowed to {method} on {path[:200]}: expected {expected}.",
            status=405,
            code="method_not_allowed",
            headers={"Allow": expected},
        )
    return Route(expected, endpoint, model)

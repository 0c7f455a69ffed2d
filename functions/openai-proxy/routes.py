"""Which of OpenAI's and Anthropic's endpoints a request means."""

import re
from typing import Literal, NamedTuple
from urllib.parse import quote

from faas_stream import ClientError

Body = Literal["", "json", "form", "form or json"]


class Endpoint(NamedTuple):
    """body: what a request brings. may_be_bytes: the answer may be sound, a picture or plain text."""

    methods: tuple[str, ...]
    body: Body = "json"
    may_be_bytes: bool = False
    dialect: str = "openai"


_POST = ("POST",)
ENDPOINTS = {
    "chat/completions": Endpoint(_POST),
    "responses": Endpoint(_POST),
    "completions": Endpoint(_POST),
    "embeddings": Endpoint(_POST),
    "audio/speech": Endpoint(_POST, may_be_bytes=True),
    "audio/transcriptions": Endpoint(_POST, "form", may_be_bytes=True),
    "audio/translations": Endpoint(_POST, "form", may_be_bytes=True),
    "images/generations": Endpoint(_POST, may_be_bytes=True),
    "images/edits": Endpoint(_POST, "form or json", may_be_bytes=True),
    "models": Endpoint(("GET",), ""),
    "messages": Endpoint(_POST, dialect="anthropic"),
    "messages/count_tokens": Endpoint(_POST, dialect="anthropic"),
}
STORED = {
    "": Endpoint(("GET", "DELETE"), ""),
    "cancel": Endpoint(_POST, ""),
    "input_items": Endpoint(("GET",), ""),
}
"""What follows `responses/<id>`, of the responses that upstream has stored."""

_RESPONSE_ID = re.compile(r"[\w-]{1,256}", re.ASCII)


class Route(NamedTuple):
    """method: of the request to upstream. name: a key of ENDPOINTS, or `responses/<id>` with what follows it.

    model: of `models/<model>`, "" for other paths.
    """

    method: str
    name: str
    endpoint: Endpoint
    model: str = ""


def dialect(path: str) -> str:
    """The API in whose shape errors about this path are: "openai" or "anthropic"."""
    endpoint = ENDPOINTS.get(_name(path))
    return endpoint.dialect if endpoint else "openai"


def find(method: str, path: str, *, stored_responses: bool = False) -> Route:
    """The route of a path with or without `/v1`. Raises ClientError: 404, or 405 for a method that it does not have."""
    name, model = _name(path), ""
    if name.startswith("models/"):
        name, _, model = name.partition("/")
    endpoint = _stored(name, stored_responses) if name.startswith("responses/") else ENDPOINTS.get(name)
    if endpoint is None:
        known = ", ".join(f"{' or '.join(one.methods)} /v1/{key}" for key, one in ENDPOINTS.items())
        message = f"Invalid URL ({method[:20]} {path[:200]}): expected one of {known}."
        raise ClientError(message, status=404, code="unknown_url")
    method = "GET" if method == "HEAD" and "GET" in endpoint.methods else method
    if method not in endpoint.methods:
        expected = ", ".join(endpoint.methods)
        raise ClientError(
            f"Not allowed to {method[:20]} on {path[:200]}: expected {expected}.",
            status=405,
            code="method_not_allowed",
            headers={"Allow": expected},
        )
    return Route(method, name, endpoint, model)


def _stored(name: str, stored_responses: bool) -> Endpoint | None:
    _, id, *action = name.split("/", 2)
    endpoint = STORED.get(action[0] if action else "")
    if endpoint is None or not _RESPONSE_ID.fullmatch(id):
        return None
    if not stored_responses:
        raise ClientError(
            "Stored responses are not served here, because every caller could read every other caller's: "
            "the setting `stored_responses: true` of the function would allow it.",
            status=404,
            code="unknown_url",
        )
    return endpoint


def _name(path: str) -> str:
    return path.strip("/").removeprefix("v1/")


def quoted(model: str) -> str:
    """A model's name as one segment of a path, which it cannot leave: it is the client's, and the key is ours."""
    if any(part in ("", ".", "..") for part in model.replace("\\", "/").split("/")):
        raise ClientError(f"The model {model[:100]!r} does not exist.", status=404, code="model_not_found")
    return quote(model, safe="")

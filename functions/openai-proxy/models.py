"""Which models a request names, and which of them it may have."""

import json
from typing import Any

from faas_stream import ClientError


class Pairs(tuple[tuple[str, Any], ...]):
    """A JSON object as it was written, with names that occur twice."""


def named(body: bytes) -> list[str]:
    """Every model that a server may find in a request's body; at least one.

    Servers differ: of a name that occurs twice the first counts or the last, some do not mind its case (Go's
    encoding/json), and OpenRouter reads a list, `models`. Who could show us one model and upstream another would have
    both. Raises ClientError.
    """
    try:
        request = json.loads(body, object_pairs_hook=Pairs)
    except (ValueError, RecursionError):
        message = "The body is not valid JSON: expected an object with a `model`."
        raise ClientError(message, code="invalid_json") from None
    if not isinstance(request, Pairs):
        raise ClientError("The body is not a JSON object: expected one with a `model`.")
    found: list[Any] = []
    for name, value in request:
        if name.lower() == "model":
            found.append(value)
        elif name.lower() == "models":
            found.extend(value if isinstance(value, list) else [value])
    if not found or not all(isinstance(name, str) and name for name in found):
        raise ClientError("`model` is missing or not a string: expected a model's name.", code="missing_model")
    return found


def only(names: list[str]) -> str:
    """The one model of these names. Raises ClientError where they are several."""
    if len(set(names)) > 1:
        raise ClientError("The body names several models: expected one `model`.")
    return names[0]


class Allowed:
    """The setting `allowed_models`: names, comma-separated; empty: every model."""

    def __init__(self, setting: str) -> None:
        self.names = tuple(name.strip() for name in setting.split(",") if name.strip())

    def check(self, name: str) -> None:
        """Raises ClientError, 403, for a model that is not allowed."""
        if self.names and name not in self.names:
            raise ClientError(
                f"The model {name[:100]!r} is not allowed here: expected one of {', '.join(self.names)}.",
                status=403,
                code="model_not_allowed",
            )

    def listed(self, body: bytes) -> bytes:
        """A list of models (`{"data": [{"id": …}, …]}`) without those that are not allowed."""
        if not self.names:
            return body
        listing = json.loads(body)
        allowed = [model for model in listing["data"] if model["id"] in self.names]
        return json.dumps({**listing, "data": allowed}).encode()

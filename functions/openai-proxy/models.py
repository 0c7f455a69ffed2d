"""Which models a request names, and which of them it may have."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from faas_stream import ClientError
from faas_stream.json_depth import MAX_DEPTH, is_too_deep

_NAMES = re.compile(r"(.*_)?(model|models|model_id|model_name)|engine|deployment(_id)?", re.DOTALL)
"""Members that name a model to some server, after case folding."""

_FALLBACKS = re.compile(r"(.*_)?fallbacks?", re.DOTALL)
"""Members in which bare strings are models too: OpenRouter, LiteLLM."""

_OF_THE_CALLER = frozenset(
    (
        "messages", "input", "system", "instructions", "prompt", "suffix", "metadata", "user", "prediction",
        "response_format", "text", "documents", "functions", "function", "parameters", "input_schema", "schema",
        "logit_bias", "stop", "tool_choice", "image", "mask",
    )
)  # fmt: skip
"""Members whose content no server takes for a setting: words, pictures, and schemas of the caller's own."""


class Pairs(tuple[tuple[str, Any], ...]):
    """A JSON object as it was written, with names that occur twice."""


def read(body: bytes) -> Pairs:
    """The JSON object of a request's body. Raises ClientError.

    UTF-8 alone: a server that reads other encodings could find other names in the same bytes.
    """
    if is_too_deep(body):
        message = f"The body is nested deeper than {MAX_DEPTH} levels: flatten its lists and objects."
        raise ClientError(message, code="invalid_json")
    try:
        request = json.loads(body.decode(), object_pairs_hook=Pairs)
    except ValueError:
        message = "The body is not valid JSON: expected an object with a `model`, in UTF-8."
        raise ClientError(message, code="invalid_json") from None
    if not isinstance(request, Pairs):
        raise ClientError("The body is not a JSON object: expected one with a `model`.")
    return request


def names_in_body(request: Pairs) -> list[str]:
    """Every model that a server may find in a request; at least one. Raises ClientError.

    Servers differ: if a name occurs twice, either the first or the last counts, and some servers ignore its case (Go's
    encoding/json folds it as Unicode does). Otherwise a caller could show this function one model and upstream another.
    """
    own = [value for name, value in request if _key(name) == "model"]
    if not own or not all(isinstance(model, str) and model for model in own):
        raise ClientError("`model` is missing or not a string: expected a model's name.", code="missing_model")
    return list(_names_in(request))


def names_in_pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The models that a query, or the fields of a form, name."""
    return [value for name, value in pairs if _NAMES.fullmatch(_key(name)) or _FALLBACKS.fullmatch(_key(name))]


def only(names: list[str]) -> str:
    """The one model of these names. Raises ClientError if there are several."""
    if len(set(names)) > 1:
        raise ClientError("The body names several models: expected one `model`.")
    return names[0]


def _key(name: str) -> str:
    """The name as the most lenient server compares it. In a form, the name of a list has brackets."""
    return name.partition("\0")[0].partition("[")[0].strip().casefold()


def _names_in(value: object, *, is_fallback: bool = False) -> Iterator[str]:
    """The models that a part of a request names. is_fallback: bare strings are models."""
    if isinstance(value, Pairs):
        has_model = any(_NAMES.fullmatch(_key(name)) for name, _ in value)
        for name, member in value:
            key = _key(name)
            if _NAMES.fullmatch(key):
                yield from _models(member)
            elif key not in _OF_THE_CALLER:
                # LiteLLM also writes fallbacks as an object: the model that fails, and a list of others.
                is_one = bool(_FALLBACKS.fullmatch(key)) or (is_fallback and not has_model)
                yield from _names_in(member, is_fallback=is_one)
    elif isinstance(value, list):
        for member in value:
            yield from _names_in(member, is_fallback=is_fallback)
    elif is_fallback and isinstance(value, str):
        yield value


def _models(value: object) -> Iterator[str]:
    """The names in a member that names a model: one name, a list of names, or objects with a name each."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _models(member)
    elif isinstance(value, Pairs) and (names := list(_names_in(value, is_fallback=True))):
        yield from names
    elif value is not None:
        raise ClientError("A model's name is not a string: expected a model's name.", code="missing_model")


class Allowed:
    """The setting `allowed_models`: names and patterns with `*`, comma-separated. `*`, or nothing: every model."""

    def __init__(self, setting: str) -> None:
        self.names = tuple(name.strip() for name in setting.split(",") if name.strip()) or ("*",)
        self.allows_all = "*" in self.names
        # A star is no comma and no space: some servers take a list of models as one string.
        patterns = "|".join(re.escape(name).replace(r"\*", r"[^,\s\0]*") for name in self.names)
        self._pattern = re.compile(patterns)

    def check(self, names: Iterable[str]) -> None:
        """Raises ClientError, 403, for a model that is not allowed."""
        for name in names:
            if not self.allows(name):
                raise ClientError(
                    f"The model {name[:100]!r} is not allowed here: expected one of {', '.join(self.names)}.",
                    status=403,
                    code="model_not_allowed",
                )

    def allows(self, name: object) -> bool:
        return self.allows_all or (isinstance(name, str) and self._pattern.fullmatch(name) is not None)

    def only_allowed(self, body: bytes) -> bytes:
        """A list of models (`{"data": [{"id": …}, …]}`) without those that are not allowed. Raises ValueError."""
        if self.allows_all:
            return body
        listing = json.loads(body)
        models = listing.get("data") if isinstance(listing, dict) else None
        if not isinstance(models, list):
            raise ValueError("upstream's list of models is no object with `data`")
        allowed = [model for model in models if isinstance(model, dict) and self.allows(model.get("id"))]
        return json.dumps({**listing, "data": allowed}).encode()

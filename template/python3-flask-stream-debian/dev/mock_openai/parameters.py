"""The parameters that all three APIs share, read from a request's body and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from . import tools
from .errors import ApiError, Body, missing, wrong_type, wrong_value
from .tools import Toolbox

T = TypeVar("T")

_ANY_OBJECT = {"type": "object", "properties": {"answer": {"type": "string"}}}


@dataclass(frozen=True)
class Parameters:
    stream: bool = False
    max_tokens: int | None = None
    stops: tuple[str, ...] = ()
    include_usage: bool = False
    include_obfuscation: bool = True
    toolbox: Toolbox = field(default_factory=Toolbox)
    schema: Mapping[str, object] | None = None  # of the JSON that the answer must be


def read(body: Body, max_tokens_names: Sequence[str]) -> Parameters:
    """The checked parameters of `body`; the first of `max_tokens_names` that is set is the limit."""
    stream = _of_type(body, "stream", bool, "a boolean") or False
    if body.get("n") not in (None, 1):
        raise wrong_value("n", f"the mock gives one choice per request, but got {body['n']!r}. Leave 'n' out.")
    _range(body, "temperature", 2)
    _range(body, "top_p", 1)
    options = _of_type(body, "stream_options", dict, "an object") or {}
    if options and not stream:
        raise wrong_value("stream_options", "it is only allowed when 'stream' is enabled.")
    return Parameters(
        stream=stream,
        max_tokens=_max_tokens(body, max_tokens_names),
        stops=_stops(body),
        include_usage=options.get("include_usage") is True,
        include_obfuscation=options.get("include_obfuscation") is not False,
        toolbox=tools.read(body),
        schema=_schema(body),
    )


def model(body: Body) -> str:
    """The model that a body names."""
    name = _of_type(body, "model", str, "a string")
    if not name:
        raise missing("model")
    return name


def _max_tokens(body: Body, names: Sequence[str]) -> int | None:
    for name in names:
        limit = _of_type(body, name, int, "an integer")
        if limit is not None and limit < 1:
            raise wrong_value(name, f"expected a value >= 1, but got {limit}.", "integer_below_min_value")
        if limit is not None:
            return limit
    return None


def _stops(body: Body) -> tuple[str, ...]:
    stops = body.get("stop")
    if stops is None:
        return ()
    stops = [stops] if isinstance(stops, str) else stops
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise wrong_type("stop", "a string or an array of strings", stops)
    if len(stops) > 4:
        raise wrong_value("stop", f"expected at most 4 sequences, but got {len(stops)}.", "array_above_max_length")
    return tuple(stop for stop in stops if stop)


def _schema(body: Body) -> Mapping[str, object] | None:
    text = body.get("text")
    format_ = body.get("response_format") or (text.get("format") if isinstance(text, dict) else None)
    if not isinstance(format_, dict) or format_.get("type") not in ("json_object", "json_schema"):
        return None
    holder = format_.get("json_schema", format_)
    schema = holder.get("schema") if isinstance(holder, dict) else None
    return schema if isinstance(schema, dict) else _ANY_OBJECT


def _range(body: Body, name: str, highest: int) -> None:
    value = body.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(name, "a decimal", value)
    if not 0 <= value <= highest:
        raise ApiError(400, f"Invalid '{name}': expected 0 to {highest}, but got {value}.", param=name)


def _of_type(body: Body, name: str, kind: type[T], expected: str) -> T | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise wrong_type(name, expected, value)
    return value

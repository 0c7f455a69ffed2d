"""Items of the packages as JSON, and back as stand-ins with the same members: recordings need no package to be read.

Ids and times are replaced, so that a recording of the same packages is the same again.
"""

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)?")
_OBJECT, _TUPLE, _TEXT, _MEMBERS = "$object", "$tuple", "$text", "members"
_MESSAGE = (
    "type", "content", "additional_kwargs", "response_metadata", "id", "name", "tool_calls", "tool_call_chunks",
    "usage_metadata", "tool_call_id", "status",
)  # fmt: skip
_OTHERS = ("page_content", "metadata", "value", "id", "update", "goto")
_VARYING = ("lc_versions",)
_CLOCK = "timestamp"


class Encoder:
    """Encodes the items of one case."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def encode(self, value: Any) -> Any:
        """The value as JSON."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            text = _TIME.sub("then", _UUID.sub(self._name, value))
            return text if type(value) is str else {_TEXT: text}
        if isinstance(value, Mapping):
            return {
                str(name): 0 if name == _CLOCK and isinstance(member, int) else self.encode(member)
                for name, member in value.items()
                if name not in _VARYING
            }
        if isinstance(value, list | set | frozenset):
            return [self.encode(member) for member in value]
        if isinstance(value, tuple):
            return {_TUPLE: [self.encode(member) for member in value]}
        names = _MESSAGE if hasattr(value, "response_metadata") else _OTHERS
        members = {name: self.encode(getattr(value, name)) for name in names if hasattr(value, name)}
        return {_OBJECT: type(value).__name__, _MEMBERS: members}

    def _name(self, match: re.Match[str]) -> str:
        return self._ids.setdefault(match[0], f"id-{len(self._ids) + 1}")


def decode(value: Any) -> Any:
    """The value with stand-ins for the packages' objects."""
    if isinstance(value, list):
        return [decode(member) for member in value]
    if not isinstance(value, dict):
        return value
    if _TUPLE in value:
        return tuple(decode(member) for member in value[_TUPLE])
    if _TEXT in value:
        return Text(value[_TEXT])
    if _OBJECT in value:
        stand_in = type(value[_OBJECT], (SimpleNamespace,), {})
        return stand_in(**{name: decode(member) for name, member in value[_MEMBERS].items()})
    return {name: decode(member) for name, member in value.items()}


class Text(str):
    """Text of a parser."""

    __slots__ = ()


def shape(value: Any) -> Any:
    """The types in encoded items, without their values. What differs between the items of a list is in one set."""
    if isinstance(value, dict):
        if _OBJECT in value:
            return {value[_OBJECT]: shape(value[_MEMBERS])}
        return {name: shape(member) for name, member in sorted(value.items())}
    if isinstance(value, list):
        return sorted({repr(shape(member)) for member in value})
    return type(value).__name__

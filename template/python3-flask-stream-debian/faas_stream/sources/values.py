"""JSON that every parser reads, and text without halves of surrogate pairs."""

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from faas_stream.json_depth import MAX_DEPTH, is_too_deep

_SURROGATE = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_REPLACEMENT = "\ufffd"

# NaN and the infinities are no JSON, but Python's json writes them, and so do servers in Python. 1e999 is JSON.
_decode = json.JSONDecoder(
    parse_constant=lambda _: None, parse_float=lambda text: number if math.isfinite(number := float(text)) else None
).decode


def parse_json(text: str) -> Any:
    """The value of JSON text, with null for numbers that are not finite. Raises ValueError, also for deep text."""
    if is_too_deep(text):
        raise ValueError(f"the JSON is nested deeper than {MAX_DEPTH} levels")
    return _decode(text)


def has_constants(text: str) -> bool:
    """True if JSON text may have NaN or an infinity in it."""
    return "NaN" in text or "Infinity" in text


class WholeText:
    """Joins the surrogate pairs that are cut by the pieces of a text.

    A piece that ends in the first half of a pair is held back until its other half arrives. A half without its other
    half becomes U+FFFD, since UTF-8 cannot carry it.
    """

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def __call__(self, piece: str) -> str:
        """The text that is whole after this piece."""
        if piece.isascii() and not self._half:
            return piece
        text = self._half + piece
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._half, text = text[-1], text[:-1]
        return whole(text)

    def end(self) -> str:
        """U+FFFD for a half that still waits for its other half; "" if none does."""
        half, self._half = self._half, ""
        return _REPLACEMENT if half else ""


def whole(text: str) -> str:
    """The text with its surrogate pairs as characters, and each half without its other half as U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    paired = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return _SURROGATE.sub(_REPLACEMENT, paired)


def jsonable(value: object) -> Any:
    """The value as JSON can carry it: Documents, pydantic models and dataclasses as objects, NaN as null.

    bytes become base64, dates ISO 8601, numpy's numbers numbers, members of enums their values. Raises TypeError for
    what has no such form.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {whole(key) if isinstance(key, str) else str(key): jsonable(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(member) for member in value]
    return _of_object(value)


def _of_object(value: object) -> Any:
    if callable(dump := getattr(value, "model_dump", None)):  # pydantic, and so LangChain's Document and messages
        try:
            return jsonable(dump(mode="json"))
        except ValueError:  # of pydantic, for bytes that are no UTF-8 and for objects that it does not know
            return jsonable(dump())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return jsonable(value.value)
    if callable(plain := getattr(value, "tolist", None)):  # numpy's numbers and arrays, as scores of retrievers are
        return jsonable(plain())
    if callable(form := getattr(value, "isoformat", None)):  # dates and times
        return form()
    if isinstance(value, UUID | Decimal | PurePath):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(
        f"{type(value).__module__}.{type(value).__qualname__} has no form in JSON. "
        "Expected str, numbers, None, dict, list, or an object with model_dump(): convert it before you yield it."
    )

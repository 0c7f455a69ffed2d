"""A JSON value that fits a JSON schema, filled from the question: tool arguments and structured answers."""

import re
from collections.abc import Mapping

Schema = Mapping[str, object]

_DEEPEST = 6  # a schema may refer to itself
_PLACE = re.compile(r"\b(?:in|at|for|of)\s+([^\W\d_a-z][\w'\u2019-]*(?:[ -][^\W\d_a-z][\w'\u2019-]*)*)")
_BY_NAME = (
    ("expression", re.compile(r"[\d(][\d\s.()+*/%^-]*")),
    ("zone", re.compile(r"\b[A-Z]\w+/[A-Z]\w+|\bUTC\b")),
)
"""For a text field whose name has this word: what of the question it gets."""


def place(question: str) -> str:
    """The place that a question names ("the weather in New York?"), Paris if it names none."""
    match = _PLACE.search(question)
    return match[1] if match else "Paris"


def sample(schema: object, question: str) -> object:
    """A value that `schema` accepts. A text field gets the question, or the part of it that its name asks for."""
    return _Sampler(schema if isinstance(schema, dict) else {}, question).value(schema, "", 0)


class _Sampler:
    def __init__(self, root: Schema, question: str) -> None:
        self.root = root
        self.question = question

    def value(self, schema: object, name: str, depth: int) -> object:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return choices[0]
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((k for k in kind if k != "null"), "null")
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if kind == "array":
            return [] if depth > _DEEPEST else [self.value(schema.get("items"), name, depth + 1)]
        plain: dict[str, object] = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
        return plain[kind] if isinstance(kind, str) and kind in plain else self._text(name)

    def _object(self, schema: Schema, depth: int) -> dict[str, object]:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or depth > _DEEPEST:
            return {}
        return {key: self.value(part, key, depth + 1) for key, part in properties.items()}

    def _text(self, name: str) -> str:
        for word, pattern in _BY_NAME:
            if word in name.lower():
                match = pattern.search(self.question)
                return match[0].strip() if match else self.question[:80]
        wants_place = re.search("city|location|country|place|capital", name, re.IGNORECASE)
        return place(self.question) if wants_place else self.question[:80]

    def _resolved(self, schema: object) -> Schema:
        for _ in range(_DEEPEST):
            if not isinstance(schema, dict):
                return {}
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if isinstance(schema.get("$ref"), str):
                schema = self._referred(schema["$ref"])
            elif isinstance(options, list):
                schema = next((o for o in options if isinstance(o, dict) and o.get("type") != "null"), {})
            else:
                return schema
        return {}

    def _referred(self, reference: str) -> object:
        schema: object = self.root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                schema = schema.get(step) if isinstance(schema, dict) else None
        return schema

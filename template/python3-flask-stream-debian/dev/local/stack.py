"""The functions of a stack file, read as faas-cli reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local.problem import Problem
from local.substitution import substitute

NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Function:
    name: str
    lang: str
    handler: str
    fprocess: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_file: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stack:
    """`functions`: in the order of the file. `copy`: the paths that are copied into each function too.

    A function without a `lang` is an image that has been built elsewhere.
    """

    functions: Mapping[str, Function]
    copy: tuple[str, ...] = ()
    file: str = "stack.yaml"

    def pick(self, names: list[str]) -> list[Function]:
        """The functions of these names, in this order; all functions if there are no names."""
        for name in names:
            if name not in self.functions:
                raise Problem(f"{self.file} has no function {name!r}; it has: {', '.join(self.functions)}")
        return [self.functions[name] for name in dict.fromkeys(names or self.functions)]


class _Loader(yaml.SafeLoader):
    """Every scalar stays the text that it is, `010` and `yes` too, as in a Go map of strings; null is an empty text."""

    yaml_implicit_resolvers: dict[str, Any] = {  # noqa: RUF012 - PyYAML's own attribute, replaced and never changed
        initial: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
        for initial, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_constructor(NULL, lambda _loader, _node: "")


def load_yaml(text: str, source: str) -> dict[str, Any]:
    """A YAML mapping of texts, lists and mappings."""
    try:
        loaded = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise Problem(f"{source} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(loaded, dict):
        raise Problem(f"{source} is not a YAML mapping")
    return loaded


def read(root: Path, variables: Mapping[str, str], file: str = "stack.yaml") -> Stack:
    """The stack of this file in `root`, with `${…}` replaced from `variables`."""
    try:
        text = (root / file).read_text()
    except FileNotFoundError:
        raise Problem(f"there is no {file} in {root}") from None
    try:
        text = substitute(text, variables)
    except Problem as problem:
        raise Problem(f"{file} {problem}") from None
    loaded = load_yaml(text, file)
    functions = loaded.get("functions")
    if not functions or not isinstance(functions, dict):
        raise Problem(f"{file} has no functions")
    try:
        read_functions = {name: _function(name, entry) for name, entry in functions.items()}
        return Stack(read_functions, _list(loaded.get("configuration") or {}, "copy"), file)
    except Problem as problem:
        raise Problem(f"{file}: {problem}") from None


def _function(name: str, entry: Any) -> Function:
    needed = ("image",) if isinstance(entry, dict) and entry.get("skip_build") == "true" else ("lang", "handler")
    for key in needed:
        if not isinstance(entry, dict) or not entry.get(key):
            raise Problem(f"function {name!r} has no {key!r}")
    return Function(
        name=name,
        lang=entry.get("lang", ""),
        handler=entry.get("handler", ""),
        fprocess=entry.get("fprocess", ""),
        environment=_mapping(entry, "environment"),
        environment_file=_list(entry, "environment_file"),
        secrets=_list(entry, "secrets"),
        annotations=_mapping(entry, "annotations"),
    )


def _mapping(entry: Mapping[str, Any], key: str) -> dict[str, str]:
    value = entry.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Problem(f"{key!r} is not a mapping of names to texts: {value!r}")
    return value


def _list(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = entry.get(key) or []
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise Problem(f"{key!r} is not a list of texts: {value!r}")
    return tuple(value)

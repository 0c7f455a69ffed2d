"""Imports run one way: testing, engine, web, answers, formats, sources, and then the leaves."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.fronts import FUNCTIONS, TEMPLATE

PACKAGE = TEMPLATE / "faas_stream"
FILES = sorted(PACKAGE.rglob("*.py"))

RANKS = [
    ["testing"],
    ["engine"],
    ["web"],
    ["answers"],
    ["failures", "formats"],
    ["sources"],
    ["thread_limit"],
    ["settings", "http_client"],
    ["errors", "framing", "import_advice", "json_depth", "secrets", "spelling", "tracebacks", "version"],
    ["log_lines"],
]
"""A higher row may import a lower row, never the other way round. Folders, and modules that are in no folder."""

ONLY_IN = {
    "flask": "web",
    "werkzeug": "web",
    "waitress": "engine",
    "signal": "engine",
    "openai": "",
    "anthropic": "",
    "httpx": "",
    "httpx2": "",
    "langchain_core": "",
    "langgraph": "",
    "pydantic": "",
    "ctypes": "",
}
"""The one folder that knows a package; "" for none."""


NAMED_TUPLES = ("_replace", "_asdict")
"""Documented methods of named tuples."""


def rank_of(name: str) -> int | None:
    return next((rank for rank, names in enumerate(RANKS) if name in names), None)


def place(file: Path) -> str:
    """The folder of a module, or the module itself if it is in none."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def imported(file: Path) -> list[str]:
    """The full names that a file imports, wherever in it."""
    names = []
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_module_imports_only_lower_rows(file: Path) -> None:
    if file == PACKAGE / "__init__.py":
        return
    own = rank_of(place(file))
    assert own is not None, f"{file.relative_to(PACKAGE)} has no rank: add its folder or module to RANKS"
    for name in imported(file):
        if not name.startswith("faas_stream."):
            continue
        target = name.split(".")[1]
        rank = rank_of(target)
        assert rank is not None, f"{target} has no rank"
        assert target == place(file) or rank > own, f"{file.name} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_package_is_known_to_one_folder(file: Path) -> None:
    for name in imported(file):
        folder = ONLY_IN.get(name.partition(".")[0])
        assert folder is None or folder == place(file), f"{file.relative_to(PACKAGE)} imports {name}"


@pytest.mark.parametrize("file", [*FILES, *FUNCTIONS.rglob("*.py")], ids=str)
def test_nothing_private_of_another_object_is_used(file: Path) -> None:
    """Only a class's own private attributes are used, also those of other objects of the same module."""
    own = {
        node.attr
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    }
    own |= {node.name for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute) and re.match(r"_[^_]", node.attr) and node.attr not in NAMED_TUPLES:
            assert node.attr in own, f"line {node.lineno} uses {node.attr}"


def test_only_settings_reads_the_environment_and_only_secrets_the_secret_files() -> None:
    readers = {place(file) for file in FILES if re.search(r"\bos\.(environ|getenv)", file.read_text())}
    assert readers == {"settings", "testing"}  # testing sets what a handler reads in a test
    readers = {place(file) for file in FILES if re.search(r"^[^#]*Path\(.*secrets", file.read_text(), re.MULTILINE)}
    assert readers == {"secrets"}

"""`docs/platform.md` has every trap, and the tests that it names exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "platform.md").read_text()
TRAPS = range(1, 19)
PARTS = ("Platform", "Streaming function", "Template", "Tests")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


def section(number: int) -> str:
    found = re.search(rf"^## T{number}: .*?(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/platform.md has no section T{number}"
    return found[0]


@pytest.mark.parametrize("number", TRAPS)
def test_each_trap_has_its_four_parts_in_order(number: int) -> None:
    assert tuple(re.findall(r"^- \*\*([\w ]+)\*\*", section(number), re.MULTILINE)) == PARTS


@pytest.mark.parametrize("number", TRAPS)
def test_each_trap_names_a_test_or_says_that_there_is_none(number: int) -> None:
    tests = section(number).partition("- **Tests**")[2]
    assert re.search(r"`tests/[\w/]+\.py::test_\w+`", tests) or tests.startswith(": none; measured")


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_is_named_exists(file: str, name: str) -> None:
    functions = [
        node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)
    ]
    assert name in functions


def test_each_number_in_the_code_has_its_section() -> None:
    files = [*(ROOT / "template").rglob("*.py"), *(ROOT / "functions").rglob("*.py"), ROOT / "README.md"]
    mentioned = {int(number) for file in files for number in re.findall(r"\bT(\d{1,2})\b", file.read_text())}
    assert mentioned <= set(TRAPS)

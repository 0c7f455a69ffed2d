"""`faas_stream.testing`: its cases, the tests of every function, and the guide, each in one process of pytest."""

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from faas_stream import __all__ as public
from tests.fronts import FUNCTIONS, ROOT, TEMPLATE
from tests.testing.running import run, run_pytest

GUIDE = (ROOT / "docs" / "testing.md").read_text()
HANDLERS = TEMPLATE / "faas_stream" / "testing" / "handlers.py"
CASES = {"call": ["call", "environment", "format", "network", "script"], "sdk": ["sdk"]}
"""The cases that each process runs. Those of `call` share one, because its start takes seconds."""


@pytest.mark.parametrize("names", CASES.values(), ids=CASES)
def test_the_cases_pass(names: list[str]) -> None:
    result = run_pytest(ROOT, "--noconftest", *(f"tests/testing/{name}_cases.py" for name in names))
    assert result.returncode == 0, result.stdout


def test_every_function_has_a_test_that_passes() -> None:
    folders = [*(FUNCTIONS / name for name in yaml.safe_load((ROOT / "stack.yaml").read_text())["functions"])]
    tests = [str(folder / "handler_test.py") for folder in (*folders, TEMPLATE / "function")]
    result = run_pytest(ROOT, "--import-mode=importlib", *tests)
    assert result.returncode == 0, result.stdout
    assert "skipped" not in result.stdout


def test_the_guides_examples_pass(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "handler.py").write_text((TEMPLATE / "function" / "handler.py").read_text())
    (tmp_path / "handler_test.py").write_text("\n\n".join(blocks))
    result = run_pytest(tmp_path, "handler_test.py")
    assert result.returncode == 0, result.stdout
    assert f"{sum(block.count('def test_') for block in blocks)} passed" in result.stdout


def test_the_guide_has_every_name_and_argument() -> None:
    code = """
import inspect, faas_stream.testing as t
print(*t.__all__, *(n for n in dir(t.Answer) if n[0] != "_"), *inspect.signature(t.call).parameters)
print(*(name for name in t.__all__ if not (getattr(t, name).__doc__ or "").strip()))
"""
    names, undocumented = run(["-c", code], ROOT).stdout.splitlines()
    assert not undocumented.strip()
    missing = [name for name in names.split() if not re.search(rf"\b{name}\b", GUIDE)]
    assert not missing


def test_it_costs_nothing_unless_it_is_imported() -> None:
    code = """
import sys, os, threading, faas_stream.engine.process
print([name for name in sys.modules if "faas_stream.testing" in name], threading.active_count())
print(os.environ["OPENAI_API_KEY"])
"""
    assert run(["-c", code], ROOT).stdout.splitlines() == ["[] 1", "sk-real"]


def test_it_needs_neither_pytest_nor_an_sdk() -> None:
    code = """
import sys
from faas_stream.testing import call
assert call(lambda req: req, "Hello").text == "Hello"
print([name for name in ("pytest", "openai", "anthropic", "langchain_core", "httpx") if name in sys.modules])
"""
    assert run(["-c", code], ROOT).stdout.splitlines() == ["[]"]


def test_the_handlers_api_does_not_have_it() -> None:
    assert "testing" not in public


def test_the_digests_are_those_of_the_templates_files() -> None:
    """If this fails, write the new digests into faas_stream/testing/handlers.py."""
    known = dict(re.findall(r'^TEMPLATE_(\w+) = "(\w+)"', HANDLERS.read_text(), re.MULTILINE))
    files = {"HANDLER": "handler.py", "TEST": "handler_test.py"}
    actual = {
        name: hashlib.sha256((TEMPLATE / "function" / file).read_bytes()).hexdigest() for name, file in files.items()
    }
    assert known == actual

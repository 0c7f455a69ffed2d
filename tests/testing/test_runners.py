"""Where an author's test runs: a new function's folder, unittest, the build of an image; and whose test it is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fronts import TEMPLATE, lay_out
from tests.test_dockerfile import INSTRUCTIONS, all_of
from tests.testing.running import QUICK, run, run_pytest

OWN_HANDLER = 'from . import words\n\n\ndef handle(req):\n    return f"{words.HELLO} {req}"\n'
OWN_TEST = """
from faas_stream.testing import call, load_handler

handler = load_handler(__file__)


def test_greeting():
    assert call(handler, "World").text == "Hello World"
"""
UNITTEST = """
import unittest

from faas_stream.testing import call, load_handler

handler = load_handler(__file__)


class Greeting(unittest.TestCase):
    def test_greeting(self):
        self.assertEqual(call(handler, "World").text, "Hello World")
"""
RELATIVE_TEST = """
from faas_stream.testing import call

from .handler import handle


def test_greeting():
    assert call(handle, "World").text == "Hello World"
"""


def own_function(folder: Path, *tests: str) -> Path:
    """A function that is not the template's. tests: the first is handler_test.py."""
    folder.mkdir(parents=True)
    (folder / "handler.py").write_text(OWN_HANDLER)
    (folder / "words.py").write_text('HELLO = "Hello"\n')
    for name, test in zip(("handler_test.py", "test_handler.py", "more_test.py"), tests, strict=False):
        (folder / name).write_text(test)
    return folder


def build(folder: Path, handler: Path, **arguments: str) -> subprocess.CompletedProcess[str]:
    """What the step of the Dockerfile does that runs tests, in the folder that faas-cli lays out."""
    context = lay_out(folder / "build" / "fn", handler)
    shutil.rmtree(context / ".secrets")
    (command,) = [text for text in all_of("RUN") if "TEST_ENABLED" in text]
    programs = folder / "bin"
    programs.mkdir()
    (programs / "pip").write_text("#!/bin/sh\necho pip $*\n")
    (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    defaults = dict(text.split("=", 1) for name, text in INSTRUCTIONS if name == "ARG" and text.startswith("TEST_"))
    variables = {name: value.strip('"') for name, value in defaults.items()} | arguments
    return subprocess.run(
        ["sh", "-c", command],
        cwd=context,
        env={"PATH": f"{programs}:/usr/bin:/bin", **QUICK, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
    )


@pytest.mark.parametrize("has_init", [True, False])
def test_a_folder_with_a_hyphen_is_tested_where_it_is(tmp_path: Path, has_init: bool) -> None:
    folder = own_function(tmp_path / "my-bot", OWN_TEST, UNITTEST)
    if has_init:
        (folder / "__init__.py").touch()
    result = run_pytest(tmp_path, "my-bot")
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout


def test_unittest_runs_it_too(tmp_path: Path) -> None:
    own_function(tmp_path / "my-bot", UNITTEST)
    result = run(["-m", "unittest", "discover", "-s", "my-bot", "-p", "*_test.py"], tmp_path)
    assert result.returncode == 0, result.stdout
    assert "Ran 1 test" in result.stdout


def test_two_functions_are_tested_in_one_process(tmp_path: Path) -> None:
    own_function(tmp_path / "bot-1", OWN_TEST)
    own_function(tmp_path / "bot-2", OWN_TEST.replace("Hello World", "Bye World"))
    (tmp_path / "bot-2" / "words.py").write_text('HELLO = "Bye"\n')
    result = run_pytest(tmp_path, "--import-mode=importlib", "bot-1", "bot-2")
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout


def test_a_test_without_a_handler_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "handler_test.py").write_text(OWN_TEST)
    result = run_pytest(tmp_path, "handler_test.py")
    assert re.search(r"FileNotFoundError: load_handler\(.*put the test next to its handler.py", result.stdout)


def test_a_new_functions_test_passes_where_it_is(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATE / "function", tmp_path / "my-bot", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "my-bot" / "handler.py").open("a") as handler:
        handler.write("# Mine now.\n")
    result = run_pytest(tmp_path, "my-bot")
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout


def test_a_build_runs_the_authors_tests(tmp_path: Path) -> None:
    folder = own_function(tmp_path / "my-bot", OWN_TEST, UNITTEST, RELATIVE_TEST)
    result = build(tmp_path, folder, TEST_ENABLED="true")
    assert result.returncode == 0, result.stdout
    assert "3 passed" in result.stdout


def test_a_test_that_fails_ends_the_build(tmp_path: Path) -> None:
    failing = OWN_TEST.replace("Hello World", "Bye World")
    result = build(tmp_path, own_function(tmp_path / "my-bot", failing), TEST_ENABLED="true")
    assert result.returncode == 1, result.stdout


def test_a_test_that_cannot_be_imported_ends_the_build(tmp_path: Path) -> None:
    result = build(tmp_path, own_function(tmp_path / "my-bot", "import missing\n"), TEST_ENABLED="true")
    assert result.returncode == 2, result.stdout


def test_a_function_without_tests_builds_and_does_not_run_the_templates(tmp_path: Path) -> None:
    result = build(tmp_path, own_function(tmp_path / "my-bot"), TEST_ENABLED="true")
    assert result.returncode == 0, result.stdout
    assert "handler_test.py is the template's test, but handler.py is not the template's handler" in result.stdout
    assert "no tests were run" in result.stdout


def test_a_function_without_tests_builds_with_unittest_too(tmp_path: Path) -> None:
    command = "python -m unittest discover -s function -t . -p *_test.py"
    result = build(tmp_path, own_function(tmp_path / "my-bot"), TEST_ENABLED="true", TEST_COMMAND=command)
    assert result.returncode == 0, result.stdout


def test_a_new_functions_build_runs_the_templates_test(tmp_path: Path) -> None:
    result = build(tmp_path, TEMPLATE / "function", TEST_ENABLED="true")
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout


def test_tests_do_not_run_by_default(tmp_path: Path) -> None:
    result = build(tmp_path, own_function(tmp_path / "my-bot", "import missing\n"))
    assert (result.returncode, result.stdout) == (0, "")

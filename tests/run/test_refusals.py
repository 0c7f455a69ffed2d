"""`./scripts/run` says in one line why it cannot start."""

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from tests.project import LANG, Checkout, Project


def test_the_port_of_the_watchdogs_metrics_is_given_to_no_function(project: Project) -> None:
    project.add("a")
    project.port = 8081
    message = project.refuse(OF_WATCHDOG="true")
    assert message.startswith("scripts/run: port 8081 is where of-watchdog serves its metrics; choose another")


def test_a_function_that_does_not_exist_is_one_line(project: Project) -> None:
    project.add("a")
    project.add("b")
    assert project.refuse("c") == "scripts/run: stack.yaml has no function 'c'; it has: a, b"


def test_a_taken_port_is_one_line(project: Project) -> None:
    project.add("a")
    with socket.create_server(("127.0.0.1", project.port)):
        message = project.refuse()
    expected = f"port {project.port} is taken; end what listens there, or choose other ports with --port N"
    assert message == f"scripts/run: {expected}"


def test_a_failing_install_is_one_line(project: Project) -> None:
    handler = project.add("a")
    (handler.parent / "requirements.txt").write_text("./nowhere\n")
    message = project.refuse()
    assert message.startswith("scripts/run: pip could not install functions/a/requirements.txt: ")
    assert message.endswith("All it said is in .venv/pip.log")
    assert "\n" not in message


def test_a_missing_handler_folder_is_one_line(project: Project) -> None:
    handler = project.add("a")
    shutil.rmtree(handler.parent)
    message = "scripts/run: function 'a': its handler folder ./functions/a does not exist"
    assert project.refuse() == message


def test_a_template_whose_program_is_missing_is_one_line(project: Project) -> None:
    project.add("a")
    (project.root / "template" / LANG / "template.yml").write_text("fprocess: no-such-program index.js\n")
    message = project.refuse()
    assert message.startswith("scripts/run: a cannot be started with 'no-such-program', its template's fprocess: ")
    assert "\n" not in message


def test_a_watchdog_that_is_not_there_is_one_line(project: Project) -> None:
    project.add("a")
    message = project.refuse(OF_WATCHDOG="/nowhere/of-watchdog")
    assert message.startswith("scripts/run: OF_WATCHDOG names '/nowhere/of-watchdog', which is not a program")


OLD_PYTHON = """#!/bin/sh
case "$1" in
-V) echo {version} ;;
-c) exec {real} -c "import sys; sys.version_info = (3, 10, 12); $2" ;;
*) echo "was started with $*" >&2 ;;
esac
"""


@pytest.mark.parametrize(("version", "expected"), [("Python 3.10.12", "Python 3.10.12"), (None, "none")])
def test_a_python_too_old_or_missing_is_one_line(tmp_path: Path, version: str | None, expected: str) -> None:
    project = Checkout(tmp_path / "project")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "dirname"):
        (programs / name).symlink_to(shutil.which(name) or name)
    if version:
        old = programs / "python3"
        old.write_text(OLD_PYTHON.format(version=version, real=sys.executable))
        old.chmod(0o755)
    message = project.refuse(PATH=str(programs))
    assert message.startswith(f"Python 3.11 or newer is needed, found: {expected}. ")
    assert "\n" not in message


def test_a_python_without_venv_is_one_line(tmp_path: Path) -> None:
    project = Checkout(tmp_path / "project")
    absent = tmp_path / "sitecustomize.py"
    absent.write_text("import sys\nsys.modules['ensurepip'] = None\n")
    message = project.refuse(PYTHONPATH=str(tmp_path), PATH=os.environ["PATH"])
    assert message.startswith("scripts/run: Python 3.")
    assert message.endswith("-venv")
    assert "apt-get install python3." in message
    assert "\n" not in message

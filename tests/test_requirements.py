"""When requirements are installed: by one pip call for all that have changed, or by none if none has changed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local import requirements
from local.problem import Problem


class Pip:
    """Takes the place of the pip process. output, returncode: of that process."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.returncode = 0
        self.output = ""

    def run(self, command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        assert command[:4] == [sys.executable, "-m", "pip", "install"]
        self.calls.append([argument for argument in command if argument.endswith(".txt")])
        return subprocess.CompletedProcess(command, self.returncode, self.output)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    stand_in = Pip()
    monkeypatch.setattr(subprocess, "run", stand_in.run)
    return stand_in


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    for name, text in {"a.txt": "flask\n", "b.txt": "openai\n", "none.txt": "# nothing\n\n"}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def install(project: Path, *names: str) -> None:
    requirements.install(project, [project / name for name in names])


def test_everything_is_installed_by_one_call(project: Path, pip: Pip) -> None:
    install(project, "a.txt", "b.txt")
    assert pip.calls == [["a.txt", "b.txt"]]


def test_what_is_installed_is_not_installed_again(project: Path, pip: Pip) -> None:
    install(project, "a.txt", "b.txt")
    install(project, "b.txt")
    install(project, "a.txt", "b.txt")
    assert len(pip.calls) == 1


def test_what_changed_is_installed_in_agreement_with_the_rest(project: Path, pip: Pip) -> None:
    install(project, "a.txt", "b.txt")
    (project / "b.txt").write_text("openai>=3\n")
    install(project, "b.txt")
    assert pip.calls[1:] == [["a.txt", "b.txt"]]


def test_what_was_changed_back_is_installed_again(project: Path, pip: Pip) -> None:
    for text in ("flask\n", "flask<3\n", "flask\n"):
        (project / "a.txt").write_text(text)
        install(project, "a.txt")
    assert len(pip.calls) == 3


def test_files_without_requirements_or_that_do_not_exist_need_no_call(project: Path, pip: Pip) -> None:
    install(project, "none.txt", "absent.txt")
    assert pip.calls == []


def test_a_file_that_is_gone_is_forgotten(project: Path, pip: Pip) -> None:
    install(project, "a.txt", "b.txt")
    (project / "a.txt").unlink()
    (project / "b.txt").write_text("openai>=3\n")
    install(project, "b.txt")
    assert pip.calls[1:] == [["b.txt"]]


def test_a_failed_installation_is_one_line_and_is_tried_again(project: Path, pip: Pip) -> None:
    pip.returncode = 1
    pip.output = "Collecting flask\nERROR: first\nERROR: No matching distribution found for flask\nnotice\n"
    with pytest.raises(Problem) as raised:
        install(project, "a.txt")
    assert str(raised.value) == (
        "pip could not install a.txt: No matching distribution found for flask. All it said is in .venv/pip.log"
    )
    assert (project / ".venv/pip.log").read_text() == pip.output
    pip.returncode = 0
    install(project, "a.txt")
    assert len(pip.calls) == 2


def test_a_failure_without_a_network_asks_whether_there_is_one(project: Path, pip: Pip) -> None:
    pip.returncode = 1
    pip.output = "WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution\n"
    with pytest.raises(Problem, match=r"No matching distribution \(is there a network\?\)"):
        install(project, "a.txt")


def test_a_record_that_cannot_be_read_counts_as_none(project: Path, pip: Pip) -> None:
    (project / ".venv/requirements.json").write_text("{ cut")
    install(project, "a.txt")
    assert json.loads((project / ".venv/requirements.json").read_text()).keys() == {"a.txt"}
    assert len(pip.calls) == 1

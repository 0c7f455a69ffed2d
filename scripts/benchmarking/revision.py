"""The template and the functions of one commit of this repository."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.problem import Problem
from tests.fronts import ROOT, TEMPLATE

_IGNORED = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True, slots=True)
class Revision:
    """commit: its short name; empty for the working tree. root: where its template/ and functions/ are."""

    commit: str
    root: Path

    @property
    def template(self) -> Path:
        return self.root / "template" / TEMPLATE.name

    def function(self, name: str) -> Path:
        """The function's folder. Raises Problem if this commit does not have the function."""
        folder = self.root / "functions" / name
        if not folder.is_dir():
            raise Problem(f"commit {self.commit} has no functions/{name}: leave {name} out of --only")
        return folder

    def lay_out(self, folder: Path, handler: Path) -> Path:
        """Makes the build folder of a function with this handler, as faas-cli does. handler: a folder or a file."""
        shutil.copytree(self.template, folder, ignore=_IGNORED)
        if handler.is_dir():
            shutil.copytree(handler, folder / "function", dirs_exist_ok=True, ignore=_IGNORED)
        else:
            shutil.copy(handler, folder / "function" / "handler.py")
        secrets = folder / ".secrets"
        secrets.mkdir()
        (secrets / "openai-api-key").write_text("test-key\n")
        return folder


WORKING_TREE = Revision("", ROOT)


def extract(commit: str, folder: Path) -> Revision:
    """The template and the functions of this commit, written into the folder."""
    name = _git("rev-parse", "--short", "--verify", "--end-of-options", f"{commit}^{{commit}}").decode().strip()
    # docs is extracted too, because functions have links to it; early commits do not have it.
    folders = _git("ls-tree", "--name-only", name, "template", "functions", "docs").decode().split()
    folder.mkdir()
    # Not tarfile: its safe way to extract came with Python 3.11.4, and Debian 12 has 3.11.2.
    subprocess.run(["tar", "-x", "-C", folder], input=_git("archive", name, *folders), check=True)
    return Revision(name, folder)


def _git(*arguments: str) -> bytes:
    if not shutil.which("git"):
        raise Problem("git is not on PATH. --against needs it: apt-get install git")
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {result.returncode}"]
        raise Problem(f"--against takes a commit of this repository. git {arguments[0]}: {lines[-1]}")
    return result.stdout

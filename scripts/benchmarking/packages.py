"""What peers are made of, in folders of `.cache/` of their own, so that the tests' .venv stays as it is."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path

from local.problem import Problem

HERE = Path(__file__).parent
PEERS = HERE / "peers"
FASTAPI = HERE / "requirements.txt"
CACHE = HERE.parents[1] / ".cache"

WITHOUT_GO = (
    "go is not on PATH, and the mock and the load generator are built with it: "
    "install Go 1.19 or later (apt-get install golang-go)"
)
_WITHOUT_NODE = (
    "{} not on PATH, which Express runs on: install Node 18 or later with npm (apt-get install nodejs npm), "
    "or name the other contestants in --only"
)


def python(*requirements: Path) -> Path:
    """The folder with the `python` that has these files' packages, at .venv's releases, and no other packages.

    A function's image has none either, and some are imported wherever they are found: the OpenAI SDK takes 8 MiB and
    80 ms more beside aiohttp.
    """
    asked = "".join(file.read_text() for file in requirements)
    releases = "".join(sorted(f"{each.name}=={each.version}\n" for each in distributions()))

    def install(folder: Path) -> None:
        (folder / "requirements.txt").write_text(asked)
        (folder / "constraints.txt").write_text(releases)
        _run([sys.executable, "-m", "venv", str(folder)], folder)
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        _run([*pip, "-r", "requirements.txt", "-c", "constraints.txt"], folder)

    return _installed(f"bench-venv-{_digest(sys.version + asked + releases)}", install) / "bin"


def node() -> Path:
    """The folder with Express and OpenAI's SDK, and the server beside them, for that is where Node looks."""
    if missing := [program for program in ("node", "npm") if not shutil.which(program)]:
        raise Problem(_WITHOUT_NODE.format(" and ".join(missing)))

    def install(folder: Path) -> None:
        shutil.copy(PEERS / "package.json", folder)
        _run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"], folder)

    folder = _installed(f"bench-npm-{_digest((PEERS / 'package.json').read_text())}", install)
    shutil.copy(PEERS / "express.mjs", folder)
    return folder


def _installed(name: str, install: Callable[[Path], None]) -> Path:
    """The folder, made where it is not whole. It is made where it stays: a virtual environment cannot be moved."""
    folder = CACHE / name
    whole = folder / "whole"
    if not whole.exists():
        print(f"Installing into {folder.relative_to(CACHE.parent)} …", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (CACHE / ".gitignore").write_text("*\n")
        install(folder)
        whole.touch()
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise Problem(f"{Path(command[0]).name} could not install the benchmark's packages: {said[-1]}")

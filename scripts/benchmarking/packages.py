"""The packages of the contenders, in folders of `.cache/`, so that the .venv of the tests stays as it is."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path

from local.problem import Problem

HERE = Path(__file__).parent
PEERS = HERE / "peers"
EXPRESS = HERE.parents[1] / "docs" / "express"
FASTAPI = HERE / "requirements.txt"
CACHE = HERE.parents[1] / ".cache"

WITHOUT_GO = (
    "go is not on PATH. The mock and the load generator are built with it: "
    "install Go 1.19 or later (apt-get install golang-go)"
)
_WITHOUT_NODE = (
    "{} not on PATH. Express needs Node 20.11 or later with npm: install them (apt-get install nodejs npm), "
    "or name the other contenders with --only"
)


def python(*requirements: Path) -> Path:
    """The folder of a `python` that has the packages of these files, at the releases of .venv, and no others.

    A function's image has no others either. More packages would change the numbers, because some are imported wherever
    they are installed: the OpenAI SDK takes 8 MiB and 80 ms more if aiohttp is installed.
    """
    wanted = "".join(file.read_text() for file in requirements)
    releases = "".join(sorted(f"{each.name}=={each.version}\n" for each in distributions()))

    def install(folder: Path) -> None:
        (folder / "requirements.txt").write_text(wanted)
        (folder / "constraints.txt").write_text(releases)
        _run([sys.executable, "-m", "venv", str(folder)], folder)
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        _run([*pip, "-r", "requirements.txt", "-c", "constraints.txt"], folder)

    return _installed(f"bench-venv-{_digest(sys.version + wanted + releases)}", install) / "bin"


def express() -> Path:
    """A folder with the server of docs/express and its packages: Node looks for packages next to the server."""
    if missing := [program for program in ("node", "npm") if not shutil.which(program)]:
        raise Problem(_WITHOUT_NODE.format(" and ".join(missing)))

    def install(folder: Path) -> None:
        shutil.copy(EXPRESS / "package.json", folder)
        _run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"], folder)

    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    folder = _installed(f"express-{_digest(node + (EXPRESS / 'package.json').read_text())}", install)
    for name in ("server.mjs", "index.html"):
        _replace(folder / name, EXPRESS / name)
    return folder


def _replace(copy: Path, source: Path) -> None:
    """Copies the file in one step, as another process may be reading the copy."""
    aside = copy.with_name(f".{copy.name}.{os.getpid()}")
    shutil.copy(source, aside)
    aside.replace(copy)


def _installed(name: str, install: Callable[[Path], None]) -> Path:
    """The folder of this name, installed unless it is complete; in place, as a virtual environment cannot be moved.

    Processes that need it at the same time wait for the one that installs it.
    """
    folder = CACHE / name
    complete = folder / "complete"
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    with open(CACHE / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            print(f"Installing into {folder.relative_to(CACHE.parent)} …", file=sys.stderr, flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
            complete.touch()
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise Problem(f"{Path(command[0]).name} could not install the packages of the benchmark: {lines[-1]}")

"""Folders of `.cache/`: installed once, when a test or the benchmark needs them, and kept."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from local.problem import Problem

CACHE = Path(__file__).parents[2] / ".cache"


def installed(name: str, install: Callable[[Path], None]) -> Path:
    """The folder of this name, installed if it is not complete.

    It is installed in place, because a virtual environment cannot be moved. Processes that need the folder at the same
    time wait for the one that installs it.
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


def copy(source: Path, folder: Path) -> None:
    """Copies the file into the folder in one step, because another process may be reading the old copy."""
    new = folder / f".{source.name}.{os.getpid()}"
    shutil.copy(source, new)
    new.replace(folder / source.name)


def npm(package: Path, folder: Path) -> None:
    """Installs the packages of a package.json into the folder. Raises Problem."""
    shutil.copy(package, folder)
    run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"], folder)


def run(command: Sequence[str], folder: Path) -> None:
    """Runs the command in the folder. Raises Problem, with the last line that it printed."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().splitlines() or [f"exit code {result.returncode}"]
        raise Problem(f"{Path(command[0]).name} could not install the packages for {folder.name}: {lines[-1]}")

"""The virtual environment in which the runner and the scripts run."""

import os
import subprocess
import sys
from pathlib import Path

from local import requirements
from local.lock import locked
from local.problem import Problem


def enter(root: Path, folder: Path, needed: Path) -> None:
    """Starts this program again in the virtual environment `folder`, with the requirements file `needed` installed.

    Makes the environment if there is none, or if its Python does not run.
    """
    if not (folder.exists() and Path(sys.prefix).samefile(folder)):
        python = folder / "bin/python"
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):  # of two starts at a time, one makes it
            if not _is_whole(folder, python):
                _make(folder)
        os.execv(python, [str(python), *sys.argv])
    requirements.install(root, [needed])


def _is_whole(folder: Path, python: Path) -> bool:
    if not requirements.Installed(folder).exists():
        return False
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make(folder: Path) -> None:
    try:
        import ensurepip  # noqa: F401 - Debian's python3 comes without it, and its venv module then fails halfway
        import venv  # noqa: F401
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Problem(
            f"Python {version} ({sys.executable}) has no venv module. "
            f"Debian, Ubuntu: apt-get install python{version}-venv"
        ) from None
    print(f"Making {os.path.relpath(folder)} …", flush=True)
    result = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], capture_output=True, text=True)
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().splitlines() or [f"exit code {result.returncode}"]
        raise Problem(f"{folder} could not be made: {lines[-1]}")
    requirements.Installed(folder).write({})

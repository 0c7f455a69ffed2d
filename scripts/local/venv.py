"""The project's own virtual environment, .venv: every script runs in it."""

import os
import subprocess
import sys
from pathlib import Path

from local import requirements
from local.problem import Problem


def enter(root: Path) -> None:
    """Goes on in .venv with what the scripts need installed; made anew where there is none, or none that runs."""
    folder = root / ".venv"
    if not (folder.exists() and Path(sys.prefix).samefile(folder)):
        _make(folder)
        os.execv(folder / "bin/python", [str(folder / "bin/python"), *sys.argv])
    requirements.install(root, [root / "scripts/requirements.txt"])


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
    print(f"Making {folder.name} …", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], capture_output=True, text=True)
    if made.returncode:
        lines = (made.stderr or made.stdout).strip().splitlines() or [f"exit code {made.returncode}"]
        raise Problem(f"{folder} could not be made: {lines[-1]}")
    requirements.Installed(folder).write({})

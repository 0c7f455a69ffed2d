"""uv, which installs and locks packages in a fraction of pip's time."""

import os
import subprocess
import sys
from pathlib import Path

from local import requirements
from local.problem import Problem

UV = (sys.executable, "-m", "uv")


def install(root: Path) -> None:
    """Installs uv itself, if it is not installed yet."""
    requirements.install(root, [root / "scripts/project/requirements.txt"])


def run(folder: Path, *arguments: str) -> None:
    """Runs uv in a folder. Raises Problem with its message if it fails.

    It takes the address of another package index from UV_DEFAULT_INDEX; it does not read pip's settings.
    """
    environment = {**os.environ, "UV_SYSTEM_CERTS": "true", "UV_NO_PROGRESS": "true"}
    command = [*UV, *arguments, "--quiet"]
    result = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if result.returncode:
        raise Problem(" ".join(result.stderr.decode(errors="replace").split()) or f"uv ended with {result.returncode}")

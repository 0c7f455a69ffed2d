"""What `./scripts/soak` calls."""

import os
import sys
from pathlib import Path

from local.testing import install_everything


def soak(root: Path, arguments: list[str]) -> int:
    install_everything(root)
    sys.stdout.flush()
    # The tests' fronts are what a soak runs through.
    path = os.pathsep.join([str(root), str(root / "scripts")])
    os.execve(sys.executable, [sys.executable, "-m", "soaking", *arguments], {**os.environ, "PYTHONPATH": path})

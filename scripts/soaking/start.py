"""What `./scripts/soak` calls."""

import os
import sys
from pathlib import Path

from project.testing import install_everything, python_path


def soak(root: Path, arguments: list[str]) -> int:
    install_everything(root)
    sys.stdout.flush()
    # `tests` must be importable too: a soak runs through the fronts of the tests.
    os.execve(
        sys.executable, [sys.executable, "-m", "soaking", *arguments], {**os.environ, "PYTHONPATH": python_path(root)}
    )

"""What `./scripts/bench` calls."""

import os
import sys
from pathlib import Path

from project.testing import install_everything, python_path


def bench(root: Path, arguments: list[str]) -> int:
    install_everything(root)
    sys.stdout.flush()
    # `tests` must be importable too: the contenders run behind the watchdogs of the tests.
    os.execve(
        sys.executable,
        [sys.executable, "-m", "benchmarking", *arguments],
        {**os.environ, "PYTHONPATH": python_path(root)},
    )

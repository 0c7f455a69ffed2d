"""What `./scripts/bench` calls."""

import os
import sys
from pathlib import Path

from local.testing import install_everything


def bench(root: Path, arguments: list[str]) -> int:
    install_everything(root)
    sys.stdout.flush()
    # `tests` must be importable too: the contenders run behind the watchdogs of the tests.
    path = os.pathsep.join([str(root), str(root / "scripts")])
    os.execve(sys.executable, [sys.executable, "-m", "benchmarking", *arguments], {**os.environ, "PYTHONPATH": path})

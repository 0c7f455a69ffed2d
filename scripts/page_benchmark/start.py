"""What `./scripts/bench-page` calls."""

import os
import sys
from pathlib import Path

from project.testing import install_everything, python_path


def bench_page(root: Path, arguments: list[str]) -> int:
    install_everything(root)
    sys.stdout.flush()
    # The function and the browser are set up as for the tests.
    os.execve(
        sys.executable,
        [sys.executable, "-m", "page_benchmark", *arguments],
        {**os.environ, "PYTHONPATH": python_path(root)},
    )

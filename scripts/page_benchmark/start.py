"""What `./scripts/bench-page` calls."""

import os
import sys
from pathlib import Path

from local.testing import install_everything


def bench_page(root: Path, arguments: list[str]) -> int:
    install_everything(root)
    sys.stdout.flush()
    # The function and the browser are set up as for the tests.
    path = os.pathsep.join([str(root), str(root / "scripts")])
    os.execve(sys.executable, [sys.executable, "-m", "page_benchmark", *arguments], {**os.environ, "PYTHONPATH": path})

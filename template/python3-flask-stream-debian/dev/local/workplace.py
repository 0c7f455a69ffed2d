"""Where one run keeps its functions: a folder of build/.dev that no other run of the same project uses."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.lock import try_to_lock

KEPT = Path("build/.dev")


@contextmanager
def workplace(root: Path) -> Iterator[Path]:
    """The first of build/.dev/1, build/.dev/2, … that is free.

    It is below `root`, because functions look for `.secrets` from their folder upwards. It is locked rather than made
    for one run, so that runs that were killed leave nothing to clean up, and tracebacks have the same paths each time.
    """
    kept = root / KEPT
    kept.mkdir(parents=True, exist_ok=True)
    (kept / ".gitignore").write_text("*\n")
    for number in itertools.count(1):
        folder = kept / str(number)
        folder.mkdir(exist_ok=True)
        held = try_to_lock(folder)
        if held is not None:
            try:
                yield folder
            finally:
                os.close(held)
            return

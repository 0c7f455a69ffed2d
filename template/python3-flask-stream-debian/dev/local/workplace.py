"""Where one run lays its functions out: a folder of build/.dev that no other run of the same project uses."""

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

    It is below `root`, because functions look for `.secrets` from their folder upwards. It is locked for a run, and not
    made for it, so that a killed run leaves nothing to clean up, and tracebacks have the same paths each time.
    """
    kept = root / KEPT
    kept.mkdir(parents=True, exist_ok=True)
    (kept / ".gitignore").write_text("*\n")
    for number in itertools.count(1):
        folder = kept / str(number)
        folder.mkdir(exist_ok=True)
        lock = try_to_lock(folder)
        if lock is not None:
            try:
                yield folder
            finally:
                os.close(lock)
            return

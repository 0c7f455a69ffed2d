"""Lets one real of-watchdog run at a time on this machine.

It serves its metrics on a fixed port, which no setting changes, and ends if that port is taken.
"""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.platform.deadline import wait_until
from tests.platform.ports import is_free

METRICS_PORT = 8081
_TIMEOUT_S = 120.0

_is_held = False


@contextmanager
def turn() -> Iterator[None]:
    """Waits until no other test process runs a real of-watchdog and the port is free. Then no other one can start."""
    global _is_held
    if _is_held:
        raise RuntimeError(
            f"a real of-watchdog runs in this test process already, and its metrics port {METRICS_PORT} is fixed: "
            "end it before the next one starts"
        )
    with open(Path(tempfile.gettempdir()) / f"of-watchdog-{METRICS_PORT}.turn", "w") as lock:
        wait_until(lambda: _is_locked(lock), "it is this process's turn to run a real of-watchdog", _TIMEOUT_S)
        wait_until(lambda: is_free(METRICS_PORT), f"the metrics port {METRICS_PORT} is free", _TIMEOUT_S)
        _is_held = True
        try:
            yield
        finally:
            _is_held = False


def _is_locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

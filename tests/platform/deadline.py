"""A bounded wait for what another process does without telling."""

import time
from collections.abc import Callable

_POLL_S = 0.01


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 10.0) -> None:
    """Returns when the condition holds; AssertionError, naming what was awaited, when it does not in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s in vain until {what}")
        time.sleep(_POLL_S)

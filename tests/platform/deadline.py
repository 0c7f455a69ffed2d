"""A bounded wait for what another process does without a notification."""

import time
from collections.abc import Callable

_POLL_S = 0.01


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Returns once the condition is true. Raises AssertionError, which names `what`, if that takes too long."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s in vain until {what}")
        time.sleep(_POLL_S)

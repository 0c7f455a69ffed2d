"""Yields frames when they are due. Only this module waits, and notices that the client has disconnected meanwhile."""

import time
from collections.abc import Callable, Iterable, Iterator

from .calls import Calls
from .frames import Frame

# How often a long wait checks for a disconnect. If frames flow, the server's next write notices it.
_CHECK_EVERY_S = 0.1
# Not every server can report a disconnect, so silence must end some time, or its thread is lost.
_LONGEST_SILENCE_S = 600.0


def play(schedule: Iterable[tuple[float, Frame]], is_disconnected: Callable[[], bool], calls: Calls) -> Iterator[bytes]:
    """The frames' bytes, each when it is due. Ends early, and counts as abandoned, if the client has disconnected."""
    start_s = time.monotonic()
    is_abandoned = True
    calls.opened()
    try:
        for due_s, frame in schedule:
            if not _wait_until(start_s + due_s, is_disconnected):
                return
            if frame.data:
                calls.sent(frame.tokens)
                yield frame.data
        is_abandoned = False
    finally:
        calls.ended(is_abandoned=is_abandoned)


def _wait_until(due_s: float, is_disconnected: Callable[[], bool]) -> bool:
    """Waits; False if the client has disconnected meanwhile."""
    end_s = min(due_s, time.monotonic() + _LONGEST_SILENCE_S)
    while (remaining_s := end_s - time.monotonic()) > 0:
        if remaining_s > _CHECK_EVERY_S and is_disconnected():
            return False
        time.sleep(min(remaining_s, _CHECK_EVERY_S))
    return True

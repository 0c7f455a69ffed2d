"""Gives frames out when they are due. The only place that waits, and that notices a reader who has left meanwhile."""

import time
from collections.abc import Callable, Iterable, Iterator

from .calls import Calls
from .frames import Frame

# In long waits the reader is looked after this often; a stream that flows learns it from the server's next write.
_LOOK_EVERY_S = 0.1
# Without a server that can tell, silence has to end some time, or its thread is lost.
_LONGEST_SILENCE_S = 600.0


def play(schedule: Iterable[tuple[float, Frame]], has_left: Callable[[], bool], calls: Calls) -> Iterator[bytes]:
    """The frames' bytes, each when it is due; ends early, and counts so, when the reader has left."""
    start_s = time.monotonic()
    is_abandoned = True
    calls.opened()
    try:
        for due_s, frame in schedule:
            if not _wait_until(start_s + due_s, has_left):
                return
            if frame.data:
                calls.sent(frame.tokens)
                yield frame.data
        is_abandoned = False
    finally:
        calls.ended(is_abandoned=is_abandoned)


def _wait_until(due_s: float, has_left: Callable[[], bool]) -> bool:
    end_s = min(due_s, time.monotonic() + _LONGEST_SILENCE_S)
    while (left_s := end_s - time.monotonic()) > 0:
        if left_s > _LOOK_EVERY_S and has_left():
            return False
        time.sleep(min(left_s, _LOOK_EVERY_S))
    return True

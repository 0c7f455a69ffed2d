"""What upstream does with a call, step by step."""

import threading
from collections.abc import Callable
from contextlib import suppress

from tests.upstream import Call, Script

Step = Callable[[Call], object]


def play(*steps: Step) -> Script:
    """One step after the other."""

    def script(call: Call) -> None:
        for step in steps:
            step(call)

    return script


def as_prompted(scripts: dict[str, Script]) -> Script:
    """The script that the prompt names."""
    return lambda call: scripts[call.prompt](call)


def nothing(_call: Call) -> None:
    """Not even a status."""


def first(call: Call) -> None:
    call.delta("first")


def last(call: Call) -> None:
    call.delta("last")
    call.finish()


def wait_for(event: threading.Event) -> Step:
    def wait(_call: Call) -> None:
        assert event.wait(60), "the test has not let upstream go on"

    return wait


def silence(call: Call) -> None:
    """Until the connection is closed."""
    call.wait_for_disconnect()


def silence_until(event: threading.Event) -> Step:
    """Until the connection is closed or the event is set. Then deltas follow, which a thread that waits can see."""

    def wait(call: Call) -> None:
        while not event.is_set():
            with suppress(TimeoutError):
                call.wait_for_disconnect(0.05)
        flow(call)

    return wait


def comments(call: Call) -> None:
    """Nothing but comments, until the connection is closed."""
    while not call.disconnected.wait(0.1):
        call.raw(b": still here\n\n")


def flow(call: Call) -> None:
    """A delta now and then, until the connection is closed."""
    while not call.disconnected.wait(0.05):
        call.delta("more")


def flood(call: Call) -> None:
    """Large deltas, as fast as they are taken, until the connection is closed."""
    while True:
        call.delta("x" * 65_536)


WHOLE = play(first, last)

# Where an upstream falls silent, and what it sends before that.
SILENCES: dict[str, Script] = {
    "before its headers": nothing,
    "before its first item": Call.start,
    "between items": first,
}


def situations(speaks: threading.Event) -> dict[str, Script]:
    """What upstream does while its answer is ended from outside. speaks: ends each silence of an open connection."""
    return {
        **{where: play(begin, silence_until(speaks)) for where, begin in SILENCES.items()},
        "in flow": play(first, flow),
    }

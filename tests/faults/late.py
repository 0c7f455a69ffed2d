"""A function whose import waits until the test lets it go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.gate import Gate
from tests.fronts import Front, lay_out, serve
from tests.platform.running import Running

# Not one read of the gate: Python would not notice a signal that comes just before it.
HANDLER = """
import select
from faas_stream import stream
gate = open({gate!r})
while not select.select([gate], [], [], 0.02)[0]:
    pass
{end}
def handle(req):
    return stream([req])
"""
FAST = {"commit_after": "200ms", "heartbeat_interval": "100ms"}


class Late:
    """A function whose import waits at a gate, and then runs the lines `end`."""

    def __init__(self, folder: Path, end: str = "") -> None:
        self.gate = Gate(folder)
        self.folder = lay_out(folder / "fn", HANDLER.format(gate=str(self.gate.path), end=end))

    @contextmanager
    def importing(self, front: Front, **settings: str) -> Iterator[Running]:
        """The process, while it waits."""
        with serve(front, self.folder, FAST | settings, until="healthy") as running:
            self.gate.wait_until_reached()
            yield running

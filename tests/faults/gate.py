"""A named pipe at which a function waits until the test lets it through."""

import errno
import os
from pathlib import Path

from tests.platform.deadline import wait_until


class Gate:
    """`path` is what the function reads to its end."""

    def __init__(self, folder: Path, name: str = "gate") -> None:
        self.path = folder / name
        os.mkfifo(self.path)
        self._writer: int | None = None

    def wait_until_reached(self) -> None:
        """Returns once a function waits at the gate."""
        wait_until(self.is_reached, f"the function waits at {self.path.name}")

    def open(self) -> None:
        """Lets the function that waits go on."""
        self.wait_until_reached()
        assert self._writer is not None
        os.close(self._writer)
        self._writer = None

    def is_reached(self) -> bool:
        """True if a function waits at the gate."""
        if self._writer is None:
            try:
                self._writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody has it open for reading
                    raise
        return self._writer is not None

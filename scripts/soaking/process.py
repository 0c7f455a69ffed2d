"""The threads, sockets and memory of a process, from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holdings:
    """memory: physical, in KiB."""

    threads: int
    sockets: int
    memory: int

    def is_within(self, other: "Holdings") -> bool:
        """True if there are no more threads and sockets than in the other."""
        return self.threads <= other.threads and self.sockets <= other.sockets


def holdings(pid: int) -> Holdings:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Holdings(int(status["Threads"]), _sockets(pid), int(status["VmRSS"].split()[0]))


def _sockets(pid: int) -> int:
    sockets = 0
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            sockets += os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("socket:")
        except FileNotFoundError:  # closed meanwhile
            continue
    return sockets

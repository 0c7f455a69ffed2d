"""What processes have used, as /proc tells."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds of CPU of these processes, and of their children that have ended."""
    return sum(_ticks(pid) for pid in pids) / _TICKS_A_SECOND


def peak_memory_mib(pids: Iterable[int]) -> float:
    """The most physical memory that each of these has had, in all."""
    return sum(_peak_kib(pid) for pid in pids) / 1024


def _ticks(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        # utime, stime, cutime, cstime: fields 14 to 17, counted behind a name that may hold spaces
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return 0


def _peak_kib(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) if found else 0
    return 0

"""CPU and memory of processes, from /proc."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds of CPU that these processes, and their children that have ended, have used."""
    return sum(_ticks(pid) for pid in pids) / _TICKS_PER_SECOND


def peak_memory_mib(pids: Iterable[int]) -> float:
    """The sum of the most physical memory that each of these processes has had."""
    return sum(_peak_kib(pid) for pid in pids) / 1024


def _ticks(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        # utime, stime, cutime and cstime are fields 14 to 17. They are counted from the last parenthesis, because the
        # name in field 2 may contain spaces.
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return 0


def _peak_kib(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(match[1]) if match else 0
    return 0

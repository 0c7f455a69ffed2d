"""The function's process from outside: its id, its memory, its sockets."""

import re
from pathlib import Path

from tests.platform.deadline import wait_until
from tests.platform.running import Running

KIB = 1024


def pid_of(running: Running) -> int:
    """The function's process: the watchdog's child, or without a watchdog the process that was started."""
    return next(iter(running.processes() - {running.process.pid}), running.process.pid)


def peak_memory(pid: int) -> int:
    """Bytes of physical memory that the process has had at most."""
    return _status(pid, "VmHWM")


def forget_peak_memory(pid: int) -> None:
    """Lets `peak_memory` count from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def memory(pid: int) -> int:
    """Bytes of physical memory that the process has."""
    return _status(pid, "VmRSS")


def unsent_by_kernel(port: int) -> list[int]:
    """The bytes that wait in the kernel, for each connection to the loopback port, on the server's side."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established = [row for row in rows if row[3] == "01" and row[1].endswith(f":{port:04X}")]
    return [int(row[4].split(":")[0], 16) for row in established]


def most_in_front() -> int:
    """The most bytes that the kernel holds for the front, which has received them but not sent them to its client.

    Both limits are the kernel's own. That of what is received is 32 MiB since Linux 6.18, and was 6 MiB before.
    """
    limits = [Path(f"/proc/sys/net/ipv4/tcp_{buffer}mem").read_text() for buffer in "rw"]
    return sum(int(limit.split()[-1]) for limit in limits)


def port_of(function: Running) -> int:
    """The function's own port, which differs from the watchdog's if there is one."""
    return int(function.upstream_url.rpartition(":")[2])


def connections(port: int) -> int:
    """How many connections to the loopback port the server still has open."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] in ("01", "08") for row in rows)


def wait_until_gone(running: Running) -> None:
    """Returns once no process of the group is alive."""
    wait_until(lambda: not running.processes(), "no process is left")


def _status(pid: int, field: str) -> int:
    match = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match, f"/proc/{pid}/status has no {field}"
    return int(match[1]) * KIB

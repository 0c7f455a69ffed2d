"""Ports of this machine: which are taken, which is free, which is open."""

import errno
import itertools
import random
import socket
import time
from collections.abc import Callable

from local.problem import Problem

# `curl localhost` tries both.
_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))

# Below the ports that systems use for outgoing connections: otherwise such a connection would sometimes take a
# function's port between the function's end and its next start.
_UNCLAIMED = range(15_000, 32_000)


def is_taken(port: int) -> bool:
    """True if a process listens on `port` of a loopback address, or of all addresses."""
    return any(_bind_error(family, host, port) == errno.EADDRINUSE for family, host in _LOOPBACKS)


def claim(port: int) -> None:
    """Raises Problem unless a function can be served on `port`."""
    if is_taken(port):
        raise Problem(f"port {port} is taken; end what listens there, or choose other ports with --port N")
    if _bind_error(socket.AF_INET, "127.0.0.1", port) == errno.EACCES:
        raise Problem(f"port {port} is for root alone; choose one from 1024 up with --port N")


def _bind_error(family: socket.AddressFamily, host: str, port: int) -> int:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno or 0
    return 0


def free(count: int) -> list[int]:
    """`count` different ports that no process uses."""
    untaken = (port for port in random.sample(_UNCLAIMED, len(_UNCLAIMED)) if not is_taken(port))
    return list(itertools.islice(untaken, count))


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        connected = probe.connect_ex(("127.0.0.1", port)) == 0
        # A probe whose own port happens to be this one connects to itself.
        return connected and probe.getsockname() != probe.getpeername()


def wait_open(ports: list[int], is_alive: Callable[[], bool], timeout_s: float) -> bool:
    """Waits for all `ports` to open. False if that takes longer than the timeout, or once `is_alive` is false."""
    deadline = time.monotonic() + timeout_s
    while not all(is_open(port) for port in ports):
        if not is_alive() or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

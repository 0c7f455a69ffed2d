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

# Below those that systems hand out to outgoing connections, or one of these would now and then sit on a port in the
# moment between a function's end and its next start.
_UNCLAIMED = range(15_000, 32_000)


def is_taken(port: int) -> bool:
    """Whether somebody listens on `port` of the loopback addresses, or of all addresses."""
    return any(_bind_error(family, host, port) == errno.EADDRINUSE for family, host in _LOOPBACKS)


def claim(port: int) -> None:
    """Raises a Problem unless a function can be served on `port`."""
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
    """`count` different ports that nobody uses."""
    untaken = (port for port in random.sample(_UNCLAIMED, len(_UNCLAIMED)) if not is_taken(port))
    return list(itertools.islice(untaken, count))


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        connected = probe.connect_ex(("127.0.0.1", port)) == 0
        # A probe that was given the very port it asks for reaches itself.
        return connected and probe.getsockname() != probe.getpeername()


def wait_open(ports: list[int], alive: Callable[[], bool], seconds: float) -> bool:
    """Whether all `ports` were open before `seconds` were over, and before `alive` said no."""
    deadline = time.monotonic() + seconds
    while not all(is_open(port) for port in ports):
        if not alive() or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

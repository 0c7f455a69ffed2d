"""Free loopback ports for processes that get their port number before they open the port."""

import random
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

# Below the ephemeral ports of Linux and macOS: an outgoing connection would sometimes take one of those before the
# process opens it.
_PORTS = range(15_000, 32_000)
_BLOCK = 100


def free_port() -> int:
    """A port on which no process listens, and which this function gives to no other process."""
    _, ports = _claimed()
    return next(port for port in ports if is_free(port))


def is_free(port: int) -> bool:
    """True if a server could listen on the port, on all interfaces, now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """True if a process listens on the loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@cache
def _claimed() -> tuple[socket.socket, Iterator[int]]:
    """Ports that belong to this process until it ends, because it holds the port before them."""
    while True:
        first = random.choice(_PORTS[::_BLOCK])
        holder = socket.socket()
        try:
            holder.bind(("", first))
        except OSError:
            holder.close()
            continue
        return holder, cycle(range(first + 1, first + _BLOCK))

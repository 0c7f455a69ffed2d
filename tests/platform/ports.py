"""Free loopback ports for processes that are told their port before they open it."""

import random
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

# Below Linux's and macOS's ephemeral ranges: a port that the kernel hands out would now and then be taken by somebody's
# outgoing connection before the process told of it gets there.
_PORTS = range(15_000, 32_000)
_BLOCK = 100


def free_port() -> int:
    """A port on which nobody listens, and which no other process that asks here is given."""
    _, ports = _claimed()
    return next(port for port in ports if is_free(port))


def is_free(port: int) -> bool:
    """Whether a server could listen on the port, of any interface, now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Whether somebody listens on the loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@cache
def _claimed() -> tuple[socket.socket, Iterator[int]]:
    """Ports that are this process's while it lives, which it shows by holding the one before them."""
    while True:
        first = random.choice(_PORTS[::_BLOCK])
        holder = socket.socket()
        try:
            holder.bind(("", first))
        except OSError:
            holder.close()
            continue
        return holder, cycle(range(first + 1, first + _BLOCK))

"""Free loopback ports for processes that are told their port before they open it."""

import random
import socket

# Below Linux's and macOS's ephemeral ranges: a port that the kernel hands out would now and then be taken by somebody's
# outgoing connection before the process told of it gets there.
_PORTS = range(15_000, 32_000)


def free_port() -> int:
    """A port on which nobody listens."""
    while True:
        port = random.choice(_PORTS)
        if is_free(port):
            return port


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

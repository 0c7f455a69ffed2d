"""On PYTHONPATH, gives localhost an IPv4 address and an IPv6 address."""

import socket
from typing import Any

_resolve = socket.getaddrinfo


def _resolve_both(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
    if host != "localhost":
        return _resolve(host, port, *arguments, **named)
    return _resolve("127.0.0.1", port, *arguments, **named) + _resolve("::1", port, *arguments, **named)


socket.getaddrinfo = _resolve_both

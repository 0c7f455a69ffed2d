"""No test reaches a real provider: while a call runs, a connection to another machine is refused and reported.

Python's audit hooks see each connection before it is opened, whichever library opens it, and may refuse it (PEP 578).
A hook cannot be removed, so this one does nothing between the calls.
"""

import ipaddress
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_Report = Callable[[str], None]
_report: _Report | None = None
_is_installed = False


@contextmanager
def refusing_real_hosts(report: _Report) -> Iterator[None]:
    """Refuses connections to other machines. report: called with the name or address of each."""
    global _report, _is_installed
    if not _is_installed:
        sys.addaudithook(_hook)
        _is_installed = True
    _report = report
    try:
        yield
    finally:
        _report = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    report = _report
    if report is None or event not in ("socket.connect", "socket.getaddrinfo"):
        return
    if event == "socket.connect":
        host = _of_connection(*arguments)
    else:
        # The name of a host is looked up in the network. An address is not; `socket.connect` sees it.
        host = arguments[0].decode("ascii", "replace") if isinstance(arguments[0], bytes) else arguments[0]
        host = "" if host is None or _address(host) else host
    if host and not _is_here(host):
        report(host)
        raise ConnectionRefusedError(f"faas_stream.testing refuses connections to {host} while a test calls a handler")


def _of_connection(connection: socket.socket, address: Any) -> str:
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.type == socket.SOCK_DGRAM:
        return ""
    return str(address[0])


def _is_here(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host == "localhost" or host.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None

"""For which hosts a function answers: DNS rebinding leads browsers to it under a name that somebody else owns."""

from ipaddress import ip_address

from werkzeug.datastructures import Headers

from faas_stream.errors import ClientError


def check_host(allowed: tuple[str, ...], headers: Headers) -> None:
    """Raises ClientError, 421, for a request to another host. allowed: the setting `allowed_hosts`; empty: any.

    On the plain path the gateway sends the function's address as Host, and the client's Host as X-Forwarded-Host, which
    then decides. X-Forwarded-Host does so only if Host is an address: a page that uses a name of its own
    can set that header, but not Host.
    """
    if not allowed:
        return
    host = headers.get("Host", "")
    forwarded = headers.get("X-Forwarded-Host", "")
    names = forwarded.split(",") if forwarded and _is_address(_name(host)) else [host]
    if not all(_is_allowed(_name(name), allowed) for name in names):
        raise ClientError(
            f"This function does not answer for the host {','.join(names).strip()[:100]!r}: "
            "its allowed_hosts has to name it.",
            status=421,
            code="host_not_allowed",
        )


def _name(host: str) -> str:
    """The host without its port, in the form that `allowed_hosts` has; "" for what is no host."""
    host = host.strip().lower()
    name, _, port = host.rpartition(":") if ":" in host and not host.endswith("]") else (host, "", "")
    if port and not (port.isascii() and port.isdigit()):
        return ""
    if name.startswith("[") and name.endswith("]"):
        return str(ip_address(name[1:-1])) if _is_address(name[1:-1]) else ""
    return name.removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_allowed(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == entry or (entry.startswith("*.") and name.endswith(entry[1:])) for entry in allowed)

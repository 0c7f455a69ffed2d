"""Answers that are no streams."""

import flask

MIB = "x" * (1024 * 1024)


def page(_req: str) -> str:
    return "<p>a page</p>"


def ready(_req: str) -> str:
    return "the handler is loaded"


def public(_req: str) -> str:
    return "<p>a public page</p>"


def counted(_req: str) -> str:
    """Logs that the handler ran."""
    print(f"the handler ran for {flask.request.method} {flask.request.headers.get('Accept')}", flush=True)
    return "counted"


def large(req: str) -> str:
    """So many MiB in one piece, without a stream."""
    return MIB * int(req)


def nothing(_req: str) -> None:
    """Has no `return`."""

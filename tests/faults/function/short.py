"""Answers that are no streams."""

import threading


def page(_req: str) -> str:
    return "<p>a page</p>"


def ready(_req: str) -> str:
    return "the handler is loaded"


def threads(_req: str) -> str:
    return str(threading.active_count())


def nothing(_req: str) -> None:
    """Forgets its return."""

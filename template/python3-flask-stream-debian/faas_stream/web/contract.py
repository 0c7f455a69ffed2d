"""What a handler's function must accept: one argument, the request's body."""

import inspect
from collections.abc import Callable
from typing import Any


def check_signature(handle: Callable[..., Any]) -> None:
    """Raises TypeError, with what to write, unless `handle(req)` can be called."""
    try:
        signature = inspect.signature(handle)
    except (TypeError, ValueError):  # some callables of C have none
        return
    try:
        signature.bind("")
    except TypeError:
        parameters = ", ".join(signature.parameters)
        is_async = inspect.iscoroutinefunction(handle) or inspect.isasyncgenfunction(handle)
        raise TypeError(
            f"handle({parameters}) cannot be called with one argument, the request's body: "
            f"write `{'async ' if is_async else ''}def handle(req): …`. flask.request has the request's headers, "
            "method, path and query"
        ) from None

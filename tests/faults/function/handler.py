"""One function for all faults: a request's path names the module, and the function in it, that answers.

`openai_handler` and `langchain_handler` are those of functions/, copied next to this file.
"""

from importlib import import_module
from typing import Any

import flask


def handle(req: str) -> Any:
    module, _, name = flask.request.path.strip("/").partition("/")
    return getattr(import_module(f".{module}", __package__), name or "handle")(req)


def is_public(request: flask.Request) -> bool:
    """Requests that need neither a token nor a place."""
    return request.path in ("/short/public", "/blocked/release")

"""One function for all faults: a request's path names the module, and the function in it, that answers.

`openai_handler` and `langchain_handler` are those of functions/, laid beside this file.
"""

import time
from importlib import import_module
from typing import Any

import flask

# T17: whoever streams within microseconds of a body's last byte is cut by Go's proxies now and then; models are slower.
THINKING_S = 0.005


def handle(req: str) -> Any:
    time.sleep(THINKING_S)
    module, _, name = flask.request.path.strip("/").partition("/")
    return getattr(import_module(f".{module}", __package__), name or "handle")(req)

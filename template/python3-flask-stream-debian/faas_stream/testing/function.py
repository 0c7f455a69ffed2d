"""A handler served in this process, by the template's own server, application and event loop."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from faas_stream.answers.record import Record
from faas_stream.answers.registry import Answers
from faas_stream.engine.loop import EventLoop
from faas_stream.engine.server import Server
from faas_stream.settings import Settings
from faas_stream.web.app import FunctionApp

_SETTINGS = {
    "upstream_url": "http://127.0.0.1:0",
    "OPENFAAS_NAME": "function-under-test",
    "max_streams": "16",
    "log_upstream_messages": "true",
}
_OF_SERVER = ("max_streams", "max_body", "request_head_timeout", "request_body_timeout", "write_stall_timeout")
"""The settings that the server itself reads. Calls with the same values of these share a server."""

_OF_MODULE = ("is_public", "methods", "api")
"""What a handler's module may have besides `handle`."""


class Running:
    """A handler, ready for one request. port: where it listens.

    has_request: the request has reached the application; the server itself has not refused it. is_done: set once the
    request's thread is free.
    """

    def __init__(self, app: FunctionApp, port: int, records: list[Record]) -> None:
        self.app, self.port = app, port
        self.records = records
        self.has_request = False
        self.is_done = threading.Event()


class Functions:
    """The servers, and one event loop for all calls, which clients that are made at a handler's import need."""

    def __init__(self) -> None:
        self.loop = EventLoop()
        self._servers: dict[tuple[Any, ...], tuple[_Turn, int]] = {}

    def serve(self, handler: Any, settings: Mapping[str, str]) -> Running:
        """The handler, ready for one request. Raises SettingError, AttributeError, TypeError, with what is expected."""
        # `access: open` would take precedence over the tokens that a test checks.
        access = {} if settings.get("auth_secret") else {"access": "open"}
        read = Settings({**_SETTINGS, **access, **settings, "upstream_url": _SETTINGS["upstream_url"]})
        turn, port = self._server(read)
        records: list[Record] = []
        answers = Answers(read, self.loop.loop, records.append, records_text=True)
        app = FunctionApp(read, answers)
        module = module_of(handler)
        if file := getattr(module, "__file__", None):
            app.root_path = os.path.dirname(os.path.abspath(file))  # another function may have been imported since
        app.use(module)
        answers.end_load()
        turn.running = Running(app, port, records)
        return turn.running

    def _server(self, settings: Settings) -> "tuple[_Turn, int]":
        key = tuple(getattr(settings, name) for name in _OF_SERVER)
        if key not in self._servers:
            turn = _Turn()
            stack_bytes = threading.stack_size()
            try:
                server = Server(turn, settings)
            finally:
                threading.stack_size(stack_bytes)
            threading.Thread(target=server.run, name="server under test", daemon=True).start()
            self._servers[key] = turn, server.port
        return self._servers[key]


class _Turn:
    """The WSGI application of a server, which calls the handler whose turn it is."""

    running: Running

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        running = self.running
        running.has_request = True
        try:
            return running.app(environ, start_response)
        finally:
            running.is_done.set()


def module_of(handler: Any) -> Any:
    """The handler's module, or an object that the template accepts in its place. Raises TypeError.

    handler: the module, or another object with the same attributes, or the function `handle`. If that function is its
    module's `handle`, the module's `is_public`, `methods` and `api` count too.
    """
    if hasattr(handler, "handle") or hasattr(handler, "application"):
        return handler
    if not callable(handler):
        raise TypeError(f"call() got {handler!r}, but it needs a handler's module or its function `handle`")
    module = SimpleNamespace(handle=handler, __name__=getattr(handler, "__module__", "handler"))
    names = getattr(handler, "__globals__", {})
    if names.get("handle") is handler:
        vars(module).update({name: names[name] for name in _OF_MODULE if name in names})
    return module

"""A handler's application in this process: everything but the server and its sockets."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from faas_stream.answers.record import Record
from faas_stream.answers.registry import Answers
from faas_stream.engine.loop import EventLoop
from faas_stream.settings import Settings
from faas_stream.web.app import FunctionApp


def application(
    event_loop: EventLoop,
    handle: Callable[[Any], Any] | None,
    environment: Mapping[str, str],
    emit: Callable[[Record], None] = lambda _record: None,
    **module: Any,
) -> FunctionApp:
    """The application of a handler, loaded.

    module: what the handler's module has besides `handle`, which is None for a module with a WSGI application.
    """
    # On a machine that stalls, an item that is sent at once must not count as late.
    settings = Settings({"commit_after": "60s"} | dict(environment))
    answers = Answers(settings, event_loop.loop, emit)
    app = FunctionApp(settings, answers)
    handler = ModuleType("function.handler")
    vars(handler).update(module, handle=handle)
    app.use(handler)
    answers.end_load()
    return app

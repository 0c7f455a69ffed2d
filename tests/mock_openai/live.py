"""The mock behind a real server: Flask on waitress, in a thread of its own, on a free port."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, request
from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server

from .modules import load


@contextmanager
def serving() -> Iterator[str]:
    """Serves the mock, and yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: dict[int, Any] = {}
    # With look-ahead the server notices a disconnect during silence.
    server = create_server(_app(), connections, sockets=[listener], threads=16, channel_request_lookahead=1)
    assert isinstance(server, BaseWSGIServer)  # one socket, one server
    is_over = threading.Event()

    def run() -> None:
        while not is_over.is_set():
            wasyncore.loop(timeout=1, map=connections, use_poll=True, count=1)

    loop = threading.Thread(target=run)
    loop.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        is_over.set()
        server.pull_trigger()
        loop.join()
        # Answers still under way notice the closed connections and end.
        wasyncore.close_all(connections)
        server.task_dispatcher.shutdown()


def _app() -> Flask:
    app = Flask(__name__)
    handle = load("handler").handle

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "DELETE"])
    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def answer(path: str) -> Response:  # noqa: ARG001 (the handler reads the path off the request)
        response: Response = handle(request.get_data(as_text=True))
        return response

    return app

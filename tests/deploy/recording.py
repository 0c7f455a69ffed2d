"""A gateway that records the requests to it, and programs that record how they are called."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

PASSWORD = "gateways-password"


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: str


class RecordingGateway:
    """Knows no function, so each deployment is a PUT, answered with 404, and then a POST. Functions stream."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        recording = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                recording.requests.append(Request(self.command, self.path, dict(self.headers), body))
                if self.path.startswith("/function/"):
                    self._answer(200, "text/event-stream", "data: Hello\n\ndata: [DONE]\n\n")
                elif self.path.startswith("/system/function/"):
                    self._answer(200, "application/json", json.dumps({"name": "fn", "availableReplicas": 1}))
                else:
                    self._answer(404 if self.command == "PUT" else 200, "application/json", "[]")

            do_POST = do_PUT = do_GET

            def _answer(self, status: int, content_type: str, body: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Logs nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator["RecordingGateway"]:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def deployed(self) -> list[dict[str, object]]:
        """The functions that were deployed, in order."""
        return [json.loads(each.body) for each in self.requests if each[:2] == ("POST", "/system/functions")]


def record_calls(folder: Path, name: str, output: str = "") -> None:
    """Writes a program of this name. It prints the output, and adds its command line to the file `calls`."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho \"{name} $*\" >>'{folder}/calls'\nprintf '%s' '{output}'\n")
    program.chmod(0o755)

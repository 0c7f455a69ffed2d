"""An upstream that does what a test says, call by call, and knows what became of each call.

    with Upstream(says("Hel", "lo")) as upstream:
        OpenAI(base_url=upstream.url, api_key="k")…

A script runs in the call's own thread. Whatever it sends after the client has disconnected raises ClientDisconnected.
"""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from types import TracebackType
from typing import Any

Script = Callable[["Call"], object]


class ClientDisconnected(Exception):
    """The client has closed its connection."""


class Call:
    """One request, with its JSON `body`, and methods to answer it. disconnected: set once its client's end is known."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        self.body, self.path, self.headers = body, handler.path, handler.headers
        self.client = handler.client_address
        self._handler = handler
        self._started = False
        self.disconnected = threading.Event()
        self.ended = threading.Event()

    @property
    def prompt(self) -> str:
        """The last message's text."""
        return str(self.body["messages"][-1]["content"])

    @property
    def messages(self) -> list[tuple[str, Any]]:
        """Role and content of each message."""
        return [(message["role"], message["content"]) for message in self.body["messages"]]

    def start(self, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Sends status and headers of a stream. The other methods call this themselves."""
        if not self._started:
            self._started = True
            self._handler.send_response(status)
            for name, value in (("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked"), *headers):
                self._handler.send_header(name, value)
            self._handler.end_headers()

    def refuse(self, status: int, body: Any = None, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Answers with an error in OpenAI's shape."""
        written = json.dumps(body or {"error": {"message": "no", "type": "t", "code": "c", "param": None}}).encode()
        self._handler.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(written))), *headers):
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self._handler.wfile.write(written)

    def answer_nothing(self) -> None:
        """Answers 200 with an empty body."""
        self._handler.send_response(200)
        self._handler.send_header("Content-Length", "0")
        self._handler.end_headers()

    def raw(self, data: bytes) -> None:
        """Sends bytes of the stream as they are."""
        try:
            self.start()
            self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        except OSError:
            self.disconnected.set()
            raise ClientDisconnected from None

    def frame(self, data: Any) -> None:
        self.raw(f"data: {json.dumps(data)}\n\n".encode())

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> None:
        self.frame(chunk([{"index": 0, "delta": delta, "finish_reason": finish_reason}]))

    def delta(self, *texts: str) -> None:
        """Sends each text as the delta of a chunk of its own."""
        for text in texts:
            self.chunk({"content": text})

    def finish(self, reason: str = "stop") -> None:
        """Sends finish reason, usage and `[DONE]`."""
        self.chunk({}, reason)
        self.frame({**chunk([]), "usage": USAGE})
        self.raw(b"data: [DONE]\n\n")
        self.end()

    def end(self) -> None:
        """Ends the transfer properly, with or without a `[DONE]`."""
        self._handler.wfile.write(b"0\r\n\r\n")

    def cut(self) -> None:
        """Breaks the connection off."""
        self._handler.connection.shutdown(socket.SHUT_RDWR)
        self._handler.close_connection = True

    def wait_for_disconnect(self, timeout_s: float = 60) -> None:
        """Raises ClientDisconnected once the client closes its connection, and TimeoutError if it does not."""
        self._handler.connection.settimeout(timeout_s)
        with suppress(ConnectionError):  # closed with a reset
            self._handler.connection.recv(1)
        self.disconnected.set()
        raise ClientDisconnected


def says(*deltas: str) -> Script:
    """A script that answers with these deltas."""

    def script(call: Call) -> None:
        call.delta(*deltas)
        call.finish()

    return script


def chunk(choices: list[Any]) -> dict[str, Any]:
    """A chat completion chunk with these choices."""
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}


USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


class Upstream:
    """A server on a loopback port. script: what to do with a call; may be replaced at any time. calls: those so far.

    tls: the server's side of TLS; None for plain HTTP.
    """

    def __init__(self, script: Script, tls: SSLContext | None = None) -> None:
        self.script = script
        self.calls: list[Call] = []
        self._changed = threading.Condition()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                upstream._serve(self)

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                """Prints nothing."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Prints nothing about clients that disconnect between two requests."""
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(request, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/v1"
        if tls:
            # The call's own thread does the handshake.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self) -> "Upstream":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for_call(self, number: int = 1, timeout_s: float = 60) -> Call:
        """The call with this number, counted from 1, once it is there."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.calls) >= number, timeout_s):
                raise AssertionError(f"upstream has seen {len(self.calls)} calls in {timeout_s} s, not {number}")
            return self.calls[number - 1]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        call = Call(handler, json.loads(body) if body else None)
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
        try:
            self.script(call)
        except (ClientDisconnected, ConnectionError):
            handler.close_connection = True
        finally:
            call.ended.set()

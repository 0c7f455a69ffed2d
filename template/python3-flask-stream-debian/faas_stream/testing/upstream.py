"""The scripted upstream: an HTTP server on loopback, one per process, whose port is open from the first import."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from faas_stream.testing import dialects
from faas_stream.testing.replies import Cut, HttpError, HttpResponse, ScriptError, Silence, Stream
from faas_stream.testing.requests import UpstreamRequest
from faas_stream.testing.script import Script

_NO_CALL = (
    "No call() is running, so the scripted upstream of faas_stream.testing has no reply. "
    "Let the handler send its requests, and call the handler with call()."
)


class _Exchange(BaseHTTPRequestHandler):
    """One request, in a thread of its own. Its connection serves no other, so that no test inherits a connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.close_connection = True
        request = UpstreamRequest(self.command, self.path, self.headers, self._body())
        script = UPSTREAM.script
        if script is None:
            self._send_whole(503, {"error": {"message": _NO_CALL, "type": "test", "code": "no_call"}})
            return
        script.begin(request, self.connection)
        was_cancelled = True
        try:
            self._reply(script, request)
            was_cancelled = False
        except _CancelledError:
            pass
        except ScriptError as problem:
            script.fail(str(problem))
            was_cancelled = False
        except OSError:
            pass
        except Exception as error:
            script.fail(f"faas_stream.testing itself failed to reply to {request!r}: {error!r}")
        finally:
            script.end(request, was_cancelled=was_cancelled)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _reply(self, script: Script, request: UpstreamRequest) -> None:
        body = request.json if isinstance(request.json, dict) else {}
        fixed = dialects.fixed_document(request.method, request.path, body)
        if fixed is not None:
            return self._send_whole(200, fixed)
        dialect = dialects.find(request.method, request.path)
        reply = script.next_reply(request)
        if reply is None:
            return self._send_whole(500, {"error": {"message": script.problem, "type": "test", "code": "test"}})
        if script.holds == "first":
            self._wait(None)
        if isinstance(reply, HttpResponse):
            return self._send_response(reply)
        if dialect is None:
            raise ScriptError(
                f"the handler sent {request!r} upstream, which the scripted upstream does not know: it knows "
                f"{dialects.KNOWN_PATHS}. Script the whole response: upstream=HttpResponse(200, {{…}})"
            )
        if isinstance(reply, HttpError):
            return self._send_whole(reply.status, dialect.error(reply), reply.headers)
        if body.get("stream"):
            return self._stream(script, reply, dialect.pieces(reply, body))
        return self._send_document(reply, dialect.document(reply, body))

    def _stream(self, script: Script, reply: Stream, pieces: Iterator[dialects.Piece]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        pending = b""
        for piece in pieces:
            if isinstance(piece, Silence):
                self._write(pending)
                pending = b""
                self._wait(piece.seconds)
            elif isinstance(piece, Cut):
                self._write(pending)
                return script.wait_for_client("".join(item for item in reply.items if isinstance(item, str)))
            else:
                self._write(pending)
                pending = piece
        # The last piece and the end of the body go out together: a client may close the connection after the first.
        if script.holds == "end":
            self._wait(None)
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(pending), pending) if pending else b"0\r\n\r\n")
        return None

    def _write(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _send_document(self, reply: Stream, document: dict[str, Any]) -> None:
        for item in (*reply.items, reply.end):
            if isinstance(item, Silence):
                self._wait(item.seconds)
        if isinstance(reply.end, Cut):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode()[:20])
            return None
        if reply.end is not None and not isinstance(reply.end, Silence):
            error = HttpError(500, reply.end.code, reply.end.message)
            return self._send_whole(500, dialects.chat.error(error))
        return self._send_whole(200, document)

    def _send_whole(self, status: int, document: object, headers: Mapping[str, str] | None = None) -> None:
        self._send_response(HttpResponse(status, document, headers or {}))

    def _send_response(self, response: HttpResponse) -> None:
        body, kind = response.body, "application/octet-stream"
        if isinstance(body, str):
            body, kind = body.encode(), "text/plain; charset=utf-8"
        elif not isinstance(body, bytes):
            body, kind = json.dumps(body).encode(), "application/json"
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
        names = {name.lower() for name in response.headers}
        self.send_response(response.status)
        for name, value in headers.items():
            if name.lower() not in names:
                self.send_header(name, value)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _wait(self, seconds: float | None) -> None:
        """Waits for this time, None: for ever. Raises _CancelledError once the handler's side closes the connection."""
        self.connection.settimeout(seconds)
        try:
            self.connection.recv(1)
        except TimeoutError:
            self.connection.settimeout(None)
            return
        except OSError:
            pass
        raise _CancelledError


class _CancelledError(Exception):
    """The handler's side has closed the connection."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing about connections that break."""


class _Upstream:
    """The scripted upstream. url: its address, without /v1. script: that of the running call."""

    def __init__(self) -> None:
        self.script: Script | None = None
        self._server = _Server(("127.0.0.1", 0), _Exchange)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="scripted upstream", daemon=True).start()

    @contextmanager
    def replying(self, script: Script) -> Iterator[None]:
        """Replies as the script says. At the end, breaks off every reply that is still open."""
        self.script = script
        try:
            yield
        finally:
            self.script = None
            script.close()


UPSTREAM = _Upstream()

"""The client of one call: sends the request, reads the response as it arrives, and disconnects if the test says so."""

import http.client
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message

from faas_stream.sources.sse import EventDecoder

_LONGEST_EVENT = 1 << 30


class Client:
    """Sends one request in a thread of its own.

    status: 0 until the response has begun. break_reason: what the client saw if the response did not end properly.
    failure: why the request could not be sent. disconnect_after: a number of events, lines or pieces of the body; None:
    never.
    """

    def __init__(self, port: int, disconnect_after: int | None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._disconnect_after = disconnect_after
        self.status = 0
        self.headers: Message = Message()
        self._pieces: list[bytes] = []
        self.break_reason = ""
        self.failure: Exception | None = None
        self.has_disconnected = False
        self.is_finished = threading.Event()

    @property
    def body(self) -> bytes:
        """What has arrived so far."""
        return b"".join(self._pieces)

    def start(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        arguments = (method, target, headers, body)
        threading.Thread(target=self._run, args=arguments, name="client of the test", daemon=True).start()

    def disconnect(self) -> None:
        """Closes the connection now, from any thread."""
        self.has_disconnected = True
        if self._connection.sock is not None:
            with suppress(OSError):  # the response may end in the same moment
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    def _run(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        try:
            self._connection.request(method, target, body or None, dict(headers))
            response = self._connection.getresponse()
            self.status, self.headers = response.status, response.headers
            counter = _Counter(response.headers.get_content_type())
            while piece := response.read1(65_536):
                self._pieces.append(piece)
                if self._disconnect_after and counter.count(piece) >= self._disconnect_after:
                    self.has_disconnected = True
                    return
            if response.length:
                self.break_reason = f"the response broke off {response.length} bytes before its end"
        except (OSError, http.client.HTTPException) as error:
            self.break_reason = f"the connection broke: {error!r}"
        except ValueError as error:  # a header that HTTP cannot carry
            self.failure = error
        finally:
            self._connection.close()
            self.is_finished.set()


class _Counter:
    """Counts what has arrived: events of an event stream, lines of NDJSON, else pieces."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._decoder = EventDecoder(_LONGEST_EVENT)
        self._count = 0

    def count(self, piece: bytes) -> int:
        if self._media_type == "text/event-stream":
            self._count += sum(1 for _event in self._decoder.feed(piece))
        elif self._media_type == "application/x-ndjson":
            self._count += piece.count(b"\n")
        else:
            self._count += 1
        return self._count

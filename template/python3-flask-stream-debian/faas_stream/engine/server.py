"""The waitress server: its settings, and the threads that the requests get."""

import logging
import resource
import socket
import sys
import tempfile
import threading

import waitress

from faas_stream.answers.output import ROOM_BYTES
from faas_stream.engine import waitress_seam
from faas_stream.log_lines import QuotedMessages
from faas_stream.settings import Settings
from faas_stream.thread_limit import SPARE_THREADS

KIB, MIB = 1024, 1024 * 1024

QUOTED = QuotedMessages()
"""One for all servers of a process, because a logger takes the same filter once."""

STACK_BYTES = 512 * KIB

BODY_SLACK_BYTES = MIB
"""waitress refuses bodies that are larger than max_body by this much; up to there the app does, in better words."""

FIRST_THREADS = 96
"""So many threads are there from the start. A thousand would delay the first answer by 0.2 s, and take 30 MiB."""

MORE_THREADS = 32
"""While fewer threads than this are idle, this many more start, ten times per second. That is about as fast as answers
begin, so that they seldom wait for a thread."""

CONNECTION_LIMIT = 16_000


class Server:
    """Its port is open once this returns; connections are answered once it runs. Raises OSError.

    port: the one that is open; a free one if `upstream_url` has port 0.
    """

    def __init__(self, app: object, settings: Settings) -> None:
        self._settings = settings
        threading.stack_size(STACK_BYTES)
        limit = _raise_file_limit()
        listener = _listen(*settings.upstream_url)
        self.port: int = listener.getsockname()[1]
        logging.getLogger("waitress").addFilter(QUOTED)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits for a thread
        self._connections: dict[int, object] = {}
        self._all_threads = settings.max_streams + SPARE_THREADS
        self._threads = min(FIRST_THREADS, self._all_threads)
        self._server = waitress.create_server(
            app,
            map=self._connections,
            sockets=[listener],
            threads=self._threads,
            connection_limit=min(CONNECTION_LIMIT, limit // 2),
            backlog=2048,
            # Access and WSGI applications need what the gateway says of host and scheme.
            clear_untrusted_proxy_headers=False,
            # One request is read ahead of its turn, which is how a disconnect is noticed in silence (T12).
            channel_request_lookahead=1,
            outbuf_high_watermark=ROOM_BYTES,
            recv_bytes=64 * KIB,  # of each body, per round of the server's loop
            max_request_header_size=64 * KIB,
            max_request_body_size=settings.max_body + BODY_SLACK_BYTES + waitress_seam.DISCARDED_BYTES,
            **_overflows(),
        )
        waitress_seam.prepare(self._server)

    def run(self) -> None:
        head_s, body_s = self._settings.request_head_timeout, self._settings.request_body_timeout
        waitress_seam.run(self._server, self._connections, head_s, body_s, self._settings.write_stall_timeout)

    def start_more_threads(self) -> None:
        """Starts some threads if few are idle. To be called ten times per second."""
        if waitress_seam.idle_threads(self._server) >= MORE_THREADS or self._threads == self._all_threads:
            return
        more = min(self._threads + MORE_THREADS, self._all_threads)
        try:
            waitress_seam.set_threads(self._server, more)
        except RuntimeError as error:  # a limit that `thread_limit` cannot see
            print(
                f"{self._threads} of {self._all_threads} threads have started, and no more can ({error}): further "
                f"requests wait. Set max_streams to {self._threads - SPARE_THREADS}, or raise the limit on processes",
                flush=True,
            )
            self._all_threads = self._threads
        else:
            self._threads = more

    def is_idle(self) -> bool:
        return waitress_seam.is_idle(self._server)

    def stop_accepting(self) -> None:
        waitress_seam.stop_accepting(self._server)


def _raise_file_limit() -> int:
    """A stream holds two descriptors, its client's and upstream's."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return CONNECTION_LIMIT * 2 if hard == resource.RLIM_INFINITY else hard


def _overflows() -> dict[str, int]:
    """How many bytes waitress keeps in memory before it makes a temporary file: all, if no such file can be made."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        return {"inbuf_overflow": sys.maxsize, "outbuf_overflow": sys.maxsize}
    return {}


def _listen(host: str, port: int) -> socket.socket:
    """One socket, on the host's first address: of several, waitress would make servers that share nothing."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.create_server(address[:2], family=family, backlog=2048)
    # Connections inherit it. The kernel's own choice grows to megabytes for a client that does not read.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * KIB)
    return listener

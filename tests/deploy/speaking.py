"""What an upstream behind a proxy does with a call: scripts for `tests.upstream`."""

import threading
import time

from tests.deploy.curl import Curl
from tests.upstream import Call

HEADERS = [("Cache-Control", "no-cache, no-transform"), ("X-Accel-Buffering", "no")]
"""The template's headers of every event stream, for tests whose gateway is an `Upstream`."""


def first_and_silence(call: Call) -> None:
    """A delta, and then nothing until the connection is closed."""
    call.start(headers=HEADERS)
    call.delta("first")
    call.wait_for_disconnect()


class Turns:
    """A script whose deltas each wait until the client has read the one before."""

    def __init__(self, deltas: int) -> None:
        self._deltas = deltas
        self._is_read = threading.Semaphore(1)
        self.latencies_s: list[float] = []
        self._sent_at = 0.0

    def __call__(self, call: Call) -> None:
        call.start(headers=HEADERS)
        for number in range(self._deltas):
            assert self._is_read.acquire(timeout=30), "the client has not read the delta before"
            self._sent_at = time.monotonic()
            call.delta(f"delta {number}")
        call.finish()

    def read(self, curl: Curl) -> None:
        """Reads every delta, to the end of the answer."""
        for number in range(self._deltas):
            assert f"delta {number}" in curl.next_data()
            self.latencies_s.append(time.monotonic() - self._sent_at)
            self._is_read.release()
        assert "data: [DONE]" in curl.rest()
        assert curl.exit_code() == 0

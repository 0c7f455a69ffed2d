"""stream_timeout: a deadline that is shorter than the watchdog's."""

import threading
import time

from tests.faults.client import SlowClient, clients_of
from tests.faults.kinds import KINDS
from tests.faults.scripts import first, play, silence_until
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {"stream_timeout": "2s", "commit_after": "200ms", "write_stall_timeout": "60s"}
USED = KINDS


def test_a_shorter_limit_ends_the_answer_in_an_error_frame(function: Running, upstream: Upstream) -> None:
    speaks = threading.Event()
    upstream.script = play(first, silence_until(speaks))
    began = time.monotonic()
    with clients_of(function, KINDS) as clients:
        for case, client in clients.items():
            assert client.code() == "deadline_exceeded", case
            assert b"data: first\n\n" in client.read_all(), case
            # Not `duration_s`, which leaves out how long the request has waited for a thread.
            assert time.monotonic() - began >= 2, case
    speaks.set()
    assert all(call.disconnected.wait(5) for call in upstream.calls)


def test_a_client_too_slow_for_an_error_frame_is_disconnected(function: Running) -> None:
    with SlowClient(function, "/flood/endless") as client:
        client.take_slowly_until(client.has_record, "the log has the answer")
        assert client.record()["outcome"] == "deadline_exceeded"

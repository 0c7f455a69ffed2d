"""Threads: an answer that waits for upstream needs none, and misses none when it ends."""

import threading

from tests.faults.reader import busy_threads, readers_of
from tests.faults.scripts import WHOLE, as_prompted, first, last, play, wait_for
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS: dict[str, str] = {}
STREAMS = 50
USED = ["default_retries", "closing"]


def test_open_answers_need_no_threads(function: Running, upstream: Upstream) -> None:
    threads = busy_threads(function)
    may_end = threading.Event()
    upstream.script = play(first, wait_for(may_end), last)
    with readers_of(function, ["default_retries"], map(str, range(STREAMS))) as readers:
        for reader in readers.values():
            reader.until(b"data: first\n\n")
        wait_until(lambda: busy_threads(function) <= threads, "no thread waits with them", 20)
        may_end.set()
        assert all(reader.rest().endswith(b"data: [DONE]\n\n") for reader in readers.values())
        assert {reader.record()["outcome"] for reader in readers.values()} == {"complete"}


def test_the_request_is_there_to_the_end_of_its_answer(function: Running, upstream: Upstream) -> None:
    may_end = threading.Event()
    upstream.script = as_prompted({"one": play(first, wait_for(may_end), last), "other": WHOLE})
    with readers_of(function, ["closing"], ["one", "other"]) as readers:
        readers["closing", "one"].until(b"data: first\n\n")
        function.wait_for_line("closed: /closing other")
        may_end.set()
        function.wait_for_line("closed: /closing one")

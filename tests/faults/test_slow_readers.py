"""Slow and stuck readers: bounded memory, nobody else is slower for them, and who is stuck is dropped."""

import threading
from contextlib import ExitStack

from tests.faults.process import KIB, forget_peak_memory, memory, peak_memory, pid_of, unsent_by_kernel
from tests.faults.reader import DOCUMENT, END, SlowReader, ask
from tests.platform.deadline import wait_until
from tests.platform.running import Running

SETTINGS = {"write_stall_timeout": "2s", "write_timeout": "60s"}
MIB = 1024 * KIB
STUCK = 20


def test_a_slow_reader_is_served_whole(function: Running) -> None:
    kib = 8 * 1024
    with SlowReader(function, "/flood/sized", str(kib), window=64 * KIB) as reader:
        reader.until(END, pace=lambda: threading.Event().wait(0.02))
    record = reader.record()
    assert (record["outcome"], record["events"]) == ("complete", kib)
    assert record["duration_s"] > 0.5  # it was the reader's pace


def test_a_stuck_reader_holds_little_slows_nobody_and_is_dropped(function: Running) -> None:
    pid = pid_of(function)
    whole = ask(function, "/flood/sized", "2048")
    forget_peak_memory(pid)
    before = memory(pid)
    with ExitStack() as stack:
        paths = ["/flood/endless", "/flood/relayed"] * (STUCK // 2)
        readers = [stack.enter_context(SlowReader(function, path, "100000")) for path in paths]
        port = int(function.upstream_url.rpartition(":")[2])
        wait_until(lambda: len([size for size in unsent_by_kernel(port) if size]) >= STUCK, "all are stuck", 20)
        assert ask(function, "/flood/sized", "2048") == whole
        in_kernel = max(unsent_by_kernel(port))
        for reader in readers:
            assert reader.record()["outcome"] == "write_stalled"
    assert (peak_memory(pid) - before) / STUCK + in_kernel < MIB
    assert ask(function, "/flood/sized", "2048") == whole


def test_a_reader_stuck_before_a_document_is_dropped_too(function: Running) -> None:
    with SlowReader(function, "/flood/at_once", str(32 * KIB), accept=DOCUMENT) as reader:
        assert reader.record()["outcome"] == "write_stalled"
    assert ask(function, "/flood/sized", "1").endswith(b"data: [DONE]\n\n")

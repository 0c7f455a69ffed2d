"""Leaving: upstream's connection is closed and the thread is free again, wherever an answer stands.

The promise is one second, which a busy machine is not held to here.
"""

import socket
import threading
from pathlib import Path

import pytest

from tests.faults.gate import Gate
from tests.faults.kinds import KINDS, STREAMED
from tests.faults.leaving import assert_all_may_leave
from tests.faults.reader import DOCUMENT, SSE, Reader, SlowReader, ask, busy_threads, readers_of
from tests.faults.scripts import SITUATIONS, first, last, play, wait_for
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Call, Upstream

SETTINGS = {"heartbeat_interval": "100ms", "commit_after": "200ms"}
USED = KINDS


@pytest.mark.parametrize(("accept", "kinds"), [(SSE, KINDS), (DOCUMENT, STREAMED)], ids=["SSE", "JSON"])
def test_a_reader_who_leaves_ends_the_call_upstream_and_frees_the_thread(
    function: Running, upstream: Upstream, accept: str, kinds: list[str]
) -> None:
    assert_all_may_leave(function, upstream, accept, kinds)
    assert not [line for line in function.output() if "Traceback" in line]


def test_a_reader_who_leaves_before_the_first_byte_is_no_error(function: Running, tmp_path: Path) -> None:
    threads = busy_threads(function)
    gates = {accept: Gate(tmp_path, name) for accept, name in ((SSE, "sse"), (DOCUMENT, "json"))}
    readers = [Reader(function, "/blocked/handler", str(gate.path), accept=accept) for accept, gate in gates.items()]
    for gate in gates.values():
        gate.wait_until_reached()
    for reader in readers:
        reader.leave()
        assert reader.record()["outcome"] == "reader_left"
    for gate in gates.values():
        gate.open()
    wait_until(lambda: busy_threads(function) <= threads, "both threads are free", 20)
    assert not [line for line in function.output() if "Traceback" in line]


def test_a_generator_blocked_elsewhere_is_let_go_and_closed_as_soon_as_it_returns(
    function: Running, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    with Reader(function, "/blocked/source", str(gate.path)) as reader:
        reader.until(b"data: first\n\n")
        gate.wait_until_reached()
    assert reader.record()["outcome"] == "reader_left"
    assert ask(function, "/flood/sized", "1").endswith(b"data: [DONE]\n\n")
    closed = f"closed {gate.path}"
    assert closed not in function.output()
    gate.open()
    function.wait_for_line(closed)


def test_a_generator_asleep_is_let_go_and_closed_as_soon_as_it_wakes(function: Running) -> None:
    with Reader(function, "/blocked/pause", "3.0") as reader:
        reader.until(b"data: first\n\n")
    assert reader.record()["outcome"] == "reader_left"
    function.wait_for_line("closed after 3.0")
    said = [line for line in function.output() if reader.call_id in line or line == "closed after 3.0"]
    assert said[-1] == "closed after 3.0"


def test_a_reader_who_leaves_in_an_sdks_pause_before_a_retry_is_not_asked_for_again(
    function: Running, upstream: Upstream
) -> None:
    def refuse_once(call: Call) -> None:
        if len(upstream.calls) == 1:
            call.refuse(500, headers=[("Retry-After", "2")])
        else:
            call.wait_until_left()

    upstream.script = refuse_once
    threads = busy_threads(function)
    with Reader(function, "/default_retries") as reader:
        assert upstream.wait_for_call().ended.wait(10)
    assert reader.record()["outcome"] == "reader_left"
    wait_until(lambda: busy_threads(function) <= threads, "the thread is free", 15)
    assert all(call.ended.wait(1) for call in upstream.calls)


def test_a_reader_who_closes_half_a_connection_has_left(function: Running, upstream: Upstream) -> None:
    upstream.script = SITUATIONS["between items"]
    with SlowReader(function, "/openai_handler") as reader:
        upstream.wait_for_call()
        reader.socket.shutdown(socket.SHUT_WR)
        assert reader.record()["outcome"] == "reader_left"
    assert upstream.wait_for_call().left.wait(5)


def test_others_read_on_while_one_leaves(function: Running, upstream: Upstream) -> None:
    gone = threading.Event()
    upstream.script = play(first, wait_for(gone), last)
    with readers_of(function, KINDS) as readers:
        for reader in readers.values():
            reader.until(b"data: first\n\n")
        with Reader(function, "/openai_handler") as leaver:
            leaver.until(b"data: first\n\n")
        assert leaver.record()["outcome"] == "reader_left"
        gone.set()
        for case, reader in readers.items():
            assert reader.rest().endswith(b"data: last\n\ndata: [DONE]\n\n"), case

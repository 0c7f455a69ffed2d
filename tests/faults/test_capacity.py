"""Capacity: max_streams streams and no more; whoever comes then is told so at once, and what is short still answers."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.faults.gate import Gate
from tests.faults.kinds import KINDS
from tests.faults.reader import DOCUMENT, PAGE, SSE, Reader
from tests.faults.scripts import first, play, silence
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {"max_streams": "3", "commit_after": "200ms", "heartbeat_interval": "200ms"}
USED = KINDS


@contextmanager
def all_in_use(function: Running, upstream: Upstream) -> Iterator[list[Reader]]:
    """Three open streams: one that flows, one that waits for its first item, one for a document."""
    upstream.script = play(first, silence)
    cases = [("/openai_handler", SSE), ("/relayed", SSE), ("/generator", DOCUMENT)]
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(function, path, accept=accept)) for path, accept in cases]
        upstream.wait_for_call(len(cases))
        yield readers
    for reader in readers:
        reader.record()


def is_refused(reader: Reader) -> bool:
    with reader:
        refused = reader.status == 429
        if refused:
            assert reader.response.headers["Retry-After"] == "1"
            assert reader.code() == "at_capacity"
            record = reader.record()
            assert (record["status"], record["outcome"]) == (429, "at_capacity")
        return refused


@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["SSE", "JSON"])
def test_one_more_is_refused_without_a_wait(function: Running, upstream: Upstream, accept: str) -> None:
    with all_in_use(function, upstream):
        for kind in KINDS:
            began = time.monotonic()
            assert is_refused(Reader(function, f"/{kind}", accept=accept)), kind
            assert time.monotonic() - began < 5  # not when a stream ends: those of this test do not
        assert len(upstream.calls) == 3


def test_what_is_short_still_answers(function: Running, upstream: Upstream) -> None:
    with all_in_use(function, upstream):
        for method in ("GET", "HEAD", "OPTIONS"):
            with Reader(function, "/short/page", method=method, accept=PAGE) as reader:
                assert reader.status == 200
                assert reader.rest() == (b"" if method == "HEAD" else b"<p>a page</p>")


@pytest.mark.parametrize(("method", "accept"), [("GET", f"{PAGE},*/*;q=0.8"), ("OPTIONS", SSE)])
def test_nothing_that_streams_gets_past_the_limit(
    function: Running, upstream: Upstream, method: str, accept: str
) -> None:
    with all_in_use(function, upstream):
        assert is_refused(Reader(function, "/relayed", method=method, accept=accept))


@pytest.mark.parametrize("path", ["/flood/sized", "/faulty/later", "/faulty/at_once", "/faulty/relayed"])
def test_a_place_is_free_again_however_a_stream_ended(function: Running, path: str) -> None:
    for _ in range(4):
        with Reader(function, path, "1" if "flood" in path else "ValueError") as reader:
            reader.rest()
            assert reader.record()["outcome"] != "at_capacity"


def test_a_place_is_free_again_once_its_reader_has_left(function: Running, upstream: Upstream) -> None:
    for _ in range(2):
        with all_in_use(function, upstream):
            assert is_refused(Reader(function, "/generator"))
        upstream.calls.clear()
    with Reader(function, "/flood/sized", "1") as reader:
        assert reader.rest().endswith(b"data: [DONE]\n\n")


def test_a_place_is_free_again_though_its_thread_is_still_blocked(function: Running, tmp_path: Path) -> None:
    gates = [Gate(tmp_path, f"gate {number}") for number in range(3)]
    readers = [Reader(function, "/blocked/source", str(gate.path)) for gate in gates]
    for gate in gates:
        gate.wait_until_reached()
    assert is_refused(Reader(function, "/flood/sized", "1"))
    for reader in readers:
        reader.leave()
        assert reader.record()["outcome"] == "reader_left"
    wait_until(lambda: not is_refused(Reader(function, "/flood/sized", "1")), "a place is free", 10)
    for gate in gates:
        gate.open()
        function.wait_for_line(f"closed {gate.path}")

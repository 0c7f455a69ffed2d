"""Readers of every kind of source who leave in every situation."""

from tests.faults.reader import BEAT, SSE, busy_threads, readers_of
from tests.faults.scripts import SITUATIONS, as_prompted
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream


def assert_all_may_leave(function: Running, upstream: Upstream, accept: str, kinds: list[str]) -> None:
    """Each call of upstream's ends, each answer is in the log, each thread is free."""
    upstream.script = as_prompted(SITUATIONS)
    threads = busy_threads(function)
    with readers_of(function, kinds, SITUATIONS, accept=accept) as readers:
        upstream.wait_for_call(len(readers))
        for (_kind, situation), reader in readers.items():
            if accept == SSE:
                reader.until(BEAT if situation.startswith("before") else b"data: first\n\n")
    assert all(call.left.wait(5) for call in upstream.calls)
    for case, reader in readers.items():
        assert reader.record()["outcome"] == "reader_left", case
    wait_until(lambda: busy_threads(function) <= threads, "all threads are free", 20)
    assert len(upstream.calls) == len(readers)  # no SDK took it for a fault and asked again

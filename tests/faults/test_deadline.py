"""The deadline: an answer ends in words before write_timeout, at which the watchdog would cut it without any."""

from pathlib import Path

from tests.faults.gate import Gate
from tests.faults.kinds import KINDS, STREAMED
from tests.faults.reader import DOCUMENT, Reader, readers_of
from tests.faults.scripts import SITUATIONS, as_prompted
from tests.platform.running import Running
from tests.upstream import Upstream

# The margin is a second from 7 s on. With less a busy machine sees the cut of the watchdog, whose clock runs first.
SETTINGS = {"write_timeout": "7s", "heartbeat_interval": "200ms", "commit_after": "300ms"}
USED = KINDS


def test_the_reader_is_told_of_the_deadline_before_the_watchdog_cuts(
    function: Running, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = as_prompted(SITUATIONS)
    gates = [Gate(tmp_path, "handler"), Gate(tmp_path, "source")]
    with (
        readers_of(function, KINDS, SITUATIONS) as readers,
        readers_of(function, STREAMED, SITUATIONS, accept=DOCUMENT) as documents,
        Reader(function, "/blocked/handler", str(gates[0].path)) as blocked,
        Reader(function, "/blocked/source", str(gates[1].path)) as elsewhere,
        Reader(function, "/flood/sized", "1") as quick,
    ):
        assert quick.rest().endswith(b"data: [DONE]\n\n")
        told = {**readers, ("a handler", "blocked"): blocked, ("a generator", "blocked"): elsewhere}
        for case, reader in told.items():
            assert (reader.status, reader.code()) == (200, "deadline_exceeded"), case
            assert b"[DONE]" not in reader.rest(), case
            assert reader.record()["outcome"] == "deadline_exceeded", case
        for case, reader in documents.items():
            assert (reader.status, reader.code()) == (504, "deadline_exceeded"), case
            record = reader.record()
            assert (record["status"], record["outcome"]) == (504, "deadline_exceeded"), case
    assert all(call.left.wait(5) for call in upstream.calls)
    assert len(upstream.calls) == len(readers) + len(documents)
    for gate in gates:
        gate.open()
    function.wait_for_line(f"closed {gates[1].path}")

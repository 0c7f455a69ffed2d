"""The deadline: an error frame ends an answer before write_timeout, at which the watchdog would cut it (T3, T7)."""

import threading
from pathlib import Path

from tests.faults.client import DOCUMENT, Client, clients_of
from tests.faults.gate import Gate
from tests.faults.kinds import CLOSED_AT_ONCE, KINDS, STREAMED
from tests.faults.scripts import as_prompted, situations
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream

# From 17 s on the margin is 2 s. With less, a busy machine may not end all answers before the watchdog cuts them.
SETTINGS = {"write_timeout": "17s", "heartbeat_interval": "200ms", "commit_after": "300ms"}
USED = KINDS


def test_an_error_frame_reports_the_deadline_before_the_watchdog_cuts(
    function: Running, upstream: Upstream, tmp_path: Path
) -> None:
    speaks = threading.Event()
    scripts = situations(speaks)
    upstream.script = as_prompted(scripts)
    gates = [Gate(tmp_path, "handler"), Gate(tmp_path, "source")]
    with (
        clients_of(function, KINDS, scripts) as clients,
        clients_of(function, STREAMED, scripts, accept=DOCUMENT) as documents,
        Client(function, "/blocked/handler", str(gates[0].path)) as blocked,
        Client(function, "/blocked/source", str(gates[1].path)) as elsewhere,
        Client(function, "/flood/sized", "1") as quick,
    ):
        assert quick.read_all().endswith(b"data: [DONE]\n\n")
        still_open = {**clients, ("a handler", "blocked"): blocked, ("a generator", "blocked"): elsewhere}
        for case, client in still_open.items():
            assert (client.status, client.code()) == (200, "deadline_exceeded"), case
            assert b"[DONE]" not in client.read_all(), case
            assert client.record()["outcome"] == "deadline_exceeded", case
        for case, client in documents.items():
            assert (client.status, client.code()) == (504, "deadline_exceeded"), case
            record = client.record()
            assert (record["status"], record["outcome"]) == (504, "deadline_exceeded"), case
    at_once = sum(kind in CLOSED_AT_ONCE for kind, _ in [*clients, *documents])
    wait_until(
        lambda: sum(call.disconnected.is_set() for call in upstream.calls) >= at_once, f"{at_once} calls have ended"
    )
    speaks.set()
    assert all(call.disconnected.wait(5) for call in upstream.calls)
    assert len(upstream.calls) == len(clients) + len(documents)
    for gate in gates:
        gate.open()
    function.wait_for_line(f"closed {gates[1].path}")

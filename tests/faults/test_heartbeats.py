"""Heartbeats: they fill silence, and what follows the first one can no longer be an error response."""

import threading
from pathlib import Path

import pytest

from tests.faults.client import BEAT, Client, clients_of
from tests.faults.gate import Gate
from tests.faults.kinds import KINDS, SDKS
from tests.faults.scripts import SILENCES, as_prompted, last, play, wait_for
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {"heartbeat_interval": "100ms", "commit_after": "200ms"}
USED = KINDS


def test_silence_is_filled_with_heartbeats(function: Running, upstream: Upstream) -> None:
    may_answer = threading.Event()
    upstream.script = play(as_prompted(SILENCES), wait_for(may_answer), last)
    with clients_of(function, KINDS, SILENCES) as clients:
        for client in clients.values():
            client.until(BEAT * 3)
        may_answer.set()
        for case, client in clients.items():
            assert client.read_all().endswith(b"data: last\n\ndata: [DONE]\n\n"), case
            record = client.record()
            assert (client.status, record["status"], record["outcome"]) == (200, 200, "complete"), case
    assert len(upstream.calls) == len(clients)


def test_a_refusal_after_the_first_heartbeat_is_an_error_frame(function: Running, upstream: Upstream) -> None:
    may_answer = threading.Event()
    upstream.script = play(wait_for(may_answer), lambda call: call.refuse(401))
    with clients_of(function, SDKS) as clients:
        for client in clients.values():
            client.until(BEAT)
        may_answer.set()
        for case, client in clients.items():
            assert (client.status, client.code()) == (200, "upstream_auth"), case
            record = client.record()
            assert (record["status"], record["outcome"], record["events"]) == (200, "upstream_auth", 0), case
    assert len(upstream.calls) == len(clients)


@pytest.mark.parametrize("answer", ["late_page", "late_text", "late_json", "late_redirect"])
def test_an_answer_that_is_no_stream_becomes_an_error_frame_after_the_first_heartbeat(
    function: Running, tmp_path: Path, answer: str
) -> None:
    gate = Gate(tmp_path)
    with Client(function, f"/blocked/{answer}", str(gate.path)) as client:
        client.until(BEAT)
        gate.open()
        assert client.code()
        assert b"[DONE]" not in client.read_all()
        assert b"late" not in client.read_all()
        assert client.record()["outcome"] != "complete"

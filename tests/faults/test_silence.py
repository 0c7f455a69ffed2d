"""Silence: heartbeats fill it, and upstream_idle_timeout ends it, wherever a source falls silent."""

import threading
from pathlib import Path

from tests.faults.gate import Gate
from tests.faults.kinds import KINDS, SDKS, STREAMED
from tests.faults.reader import BEAT, DOCUMENT, Reader, readers_of
from tests.faults.scripts import SILENCES, as_prompted, comments, first, last, play, silence, wait_for
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {"heartbeat_interval": "100ms", "commit_after": "200ms", "upstream_idle_timeout": "3s"}
USED = KINDS


def test_silence_is_filled_with_heartbeats(function: Running, upstream: Upstream) -> None:
    heard = threading.Event()
    upstream.script = play(as_prompted(SILENCES), wait_for(heard), last)
    with readers_of(function, KINDS, SILENCES) as readers:
        for reader in readers.values():
            reader.until(BEAT * 3)
        heard.set()
        for case, reader in readers.items():
            assert reader.rest().replace(BEAT, b"").endswith(b"data: last\n\ndata: [DONE]\n\n"), case
            record = reader.record()
            assert (reader.status, record["status"], record["outcome"]) == (200, 200, "complete"), case
    assert len(upstream.calls) == len(readers)


def test_a_silent_upstream_ends_the_answer_although_heartbeats_flow(function: Running, upstream: Upstream) -> None:
    upstream.script = play(as_prompted(SILENCES), silence)
    with readers_of(function, KINDS, SILENCES) as readers:
        for case, reader in readers.items():
            assert reader.code() == "upstream_timeout", case
            assert reader.rest().count(BEAT) >= 3, case
            assert b"[DONE]" not in reader.rest(), case
            assert reader.record()["outcome"] == "upstream_timeout", case
    assert all(call.left.wait(5) for call in upstream.calls)
    assert len(upstream.calls) == len(readers)


def test_silence_is_a_gateway_timeout_where_nothing_was_sent(function: Running, upstream: Upstream) -> None:
    upstream.script = play(as_prompted(SILENCES), silence)
    with readers_of(function, STREAMED, SILENCES, accept=DOCUMENT) as readers:
        for case, reader in readers.items():
            assert (reader.status, reader.code()) == (504, "upstream_timeout"), case
            record = reader.record()
            assert (record["status"], record["outcome"]) == (504, "upstream_timeout"), case
    assert all(call.left.wait(5) for call in upstream.calls)
    assert len(upstream.calls) == len(readers)


def test_comments_of_upstream_are_no_sign_of_life(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, comments)
    with readers_of(function, KINDS) as readers:
        for case, reader in readers.items():
            assert reader.code() == "upstream_timeout", case
            assert reader.record()["outcome"] == "upstream_timeout", case
    assert all(call.left.wait(5) for call in upstream.calls)


def test_a_refusal_after_the_first_heartbeat_is_an_error_frame(function: Running, upstream: Upstream) -> None:
    heard = threading.Event()
    upstream.script = play(wait_for(heard), lambda call: call.refuse(401))
    with readers_of(function, SDKS) as readers:
        for reader in readers.values():
            reader.until(BEAT)
        heard.set()
        for case, reader in readers.items():
            assert (reader.status, reader.code()) == (200, "upstream_auth"), case
            record = reader.record()
            assert (record["status"], record["outcome"], record["events"]) == (200, "upstream_auth", 0), case
    assert len(upstream.calls) == len(readers)


def test_an_error_page_that_comes_after_the_first_heartbeat_is_an_error_frame(
    function: Running, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    with Reader(function, "/blocked/late_page", str(gate.path)) as reader:
        reader.until(BEAT)
        gate.open()
        assert reader.code()
        assert b"[DONE]" not in reader.rest()
        assert reader.record()["outcome"] != "complete"


def test_a_handler_blocked_for_too_long_is_ended_and_its_reader_told(function: Running, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with Reader(function, "/blocked/handler", str(gate.path)) as reader:
        assert reader.code() == "upstream_timeout"
        assert reader.record()["outcome"] == "upstream_timeout"
    gate.open()

"""Silence: `upstream_idle_timeout` ends it, wherever a source falls silent, although heartbeats fill it."""

import threading
from pathlib import Path

from tests.faults.client import DOCUMENT, Client, clients_of
from tests.faults.gate import Gate
from tests.faults.kinds import CLOSED_AT_ONCE, KINDS, SDKS, STREAMED
from tests.faults.scripts import SILENCES, as_prompted, first, last, play, silence_until
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Call, Upstream

SETTINGS = {"heartbeat_interval": "100ms", "commit_after": "200ms", "upstream_idle_timeout": "3s"}
USED = KINDS
RAW = [kind for kind in SDKS if kind != "langchain_handler"]
"""Kinds of sources whose bytes the template reads itself. LangChain passes no comments on."""


def test_a_silent_upstream_ends_the_answer_although_heartbeats_flow(function: Running, upstream: Upstream) -> None:
    speaks = threading.Event()
    upstream.script = play(as_prompted(SILENCES), silence_until(speaks))
    with clients_of(function, KINDS, SILENCES) as clients:
        for case, client in clients.items():
            assert client.code() == "upstream_timeout", case
            client.read_all()
            assert client.heartbeats >= 3, case
            assert b"[DONE]" not in client.read_all(), case
            assert client.record()["outcome"] == "upstream_timeout", case
    _assert_all_are_closed(upstream, [kind for kind, _ in clients], speaks)
    assert len(upstream.calls) == len(clients)


def test_silence_is_504_if_nothing_was_sent(function: Running, upstream: Upstream) -> None:
    speaks = threading.Event()
    upstream.script = play(as_prompted(SILENCES), silence_until(speaks))
    with clients_of(function, STREAMED, SILENCES, accept=DOCUMENT) as clients:
        for case, client in clients.items():
            assert (client.status, client.code()) == (504, "upstream_timeout"), case
            record = client.record()
            assert (record["status"], record["outcome"]) == (504, "upstream_timeout"), case
    _assert_all_are_closed(upstream, [kind for kind, _ in clients], speaks)
    assert len(upstream.calls) == len(clients)


def test_comments_and_pings_of_upstream_are_no_silence(function: Running, upstream: Upstream) -> None:
    def comments(call: Call) -> None:
        for piece in (b": still here\n\n", b"data:\n\n", b"event: ping\n\n", b"retry: 1000\n\n", b": again\n\n") * 2:
            assert not call.disconnected.wait(0.5), "the connection was closed although upstream gives signs of life"
            call.raw(piece)

    upstream.script = play(first, comments, last)
    with clients_of(function, RAW) as clients:
        for case, client in clients.items():
            assert client.read_all() == b"data: first\n\ndata: last\n\ndata: [DONE]\n\n", case
            record = client.record()
            assert (record["outcome"], record["duration_s"] > 4.5) == ("complete", True), case


def test_an_answer_whose_handler_blocks_too_long_ends_in_an_error_frame(function: Running, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with Client(function, "/blocked/handler", str(gate.path)) as client:
        assert client.code() == "upstream_timeout"
        assert client.record()["outcome"] == "upstream_timeout"
    gate.open()


def _assert_all_are_closed(upstream: Upstream, kinds: list[str], speaks: threading.Event) -> None:
    """Upstream's connections are closed: those of async sources at once, the others when upstream sends something."""
    at_once = sum(kind in CLOSED_AT_ONCE for kind in kinds)
    wait_until(
        lambda: sum(call.disconnected.is_set() for call in upstream.calls) >= at_once, f"{at_once} calls have ended"
    )
    speaks.set()
    assert all(call.disconnected.wait(5) for call in upstream.calls)

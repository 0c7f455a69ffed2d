"""Sources with whole SDK streams: generators of them, SDK context managers, and event streams passed through."""

import threading

import pytest

from tests.faults.client import Client, SlowClient, asks_no_more
from tests.faults.disconnecting import NOTICED_WITHIN_S
from tests.faults.places import PLACES, wait_until_all_are_free
from tests.faults.scripts import first, flow, play, silence, wait_for
from tests.platform.running import Running
from tests.upstream import Call, Upstream

SETTINGS = {"heartbeat_interval": "100ms", "commit_after": "5s", "max_streams": str(PLACES)}
USED = ["async_openai", "default_retries"]
ANSWER = b"data: first\n\ndata: last\n\n"
END = b"data: [DONE]\n\n"


@pytest.mark.parametrize("path", ["two", "two_async", "two_awaitables", "two_sync_in_async"])
def test_the_streams_of_a_generator_are_sent_one_after_the_other(
    function: Running, upstream: Upstream, path: str
) -> None:
    with Client(function, f"/whole_streams/{path}") as client:
        assert client.read_all() == ANSWER + ANSWER + END
        record = client.record()
    assert (record["outcome"], record["events"], record["finish_reason"]) == ("complete", 4, "stop")
    assert len(upstream.calls) == 2


def test_streams_and_texts_may_be_mixed(function: Running) -> None:
    with Client(function, "/whole_streams/mixed") as client:
        assert client.read_all() == b"data: before \n\n" + ANSWER + b"data:  after\n\n" + END


@pytest.mark.parametrize("path", ["two", "two_async", "two_awaitables"])
def test_a_stream_that_breaks_ends_the_answer_and_the_next_is_not_begun(
    function: Running, upstream: Upstream, path: str
) -> None:
    upstream.script = play(first, Call.cut)
    with Client(function, f"/whole_streams/{path}") as client:
        assert client.code() == "upstream_unreachable"
        assert client.read_all().startswith(b"data: first\n\n")
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("path", ["two_async", "two_awaitables", "async_manager"])
@pytest.mark.parametrize(
    "situation", [silence, play(first, silence), play(first, flow)], ids=["first", "silent", "flow"]
)
def test_a_disconnect_closes_the_stream_that_is_read(
    function: Running, upstream: Upstream, path: str, situation: object
) -> None:
    upstream.script = situation  # type: ignore[assignment]
    with Client(function, f"/whole_streams/{path}") as client:
        call = upstream.wait_for_call()
    assert call.disconnected.wait(NOTICED_WITHIN_S)
    assert client.record()["outcome"] == "client_disconnected"
    assert asks_no_more(upstream, 1, for_s=1)
    wait_until_all_are_free(function)


@pytest.mark.parametrize("path", ["manager", "async_manager"])
def test_a_context_manager_of_an_sdk_is_entered_and_exited(function: Running, upstream: Upstream, path: str) -> None:
    with Client(function, f"/whole_streams/{path}") as client:
        assert client.read_all() == ANSWER + END
        assert client.record()["outcome"] == "complete"
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("path", ["manager", "async_manager"])
def test_a_refused_request_leaves_no_connection_to_upstream_open(
    function: Running, upstream: Upstream, path: str
) -> None:
    upstream.script = play(first, silence)
    with Client(function, f"/whole_streams/{path}?format=nope") as client:
        assert (client.status, client.code()) == (400, "unknown_format")
    asks_no_more(upstream, 1, for_s=0.3)
    assert all(call.disconnected.wait(5) for call in upstream.calls)


@pytest.mark.usefixtures("upstream")
def test_an_event_stream_is_passed_through(function: Running) -> None:
    with Client(function, "/whole_streams/passed") as client:
        assert_is_passed_through(client)


def test_an_event_stream_that_breaks_is_an_error(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, Call.cut)
    with Client(function, "/whole_streams/passed") as client:
        assert_is_cut(client)


@pytest.mark.parametrize("path", ["async_openai", "default_retries", "whole_streams/passed"])
@pytest.mark.parametrize("situation", ["open", "cut"])
def test_what_becomes_of_the_connection_after_the_end_of_an_answer_does_not_matter(
    function: Running, upstream: Upstream, path: str, situation: str
) -> None:
    may_end = threading.Event()
    after = [Call.cut] if situation == "cut" else [wait_for(may_end), Call.end]
    upstream.script = play(first, finish_alone, *after)
    try:
        with Client(function, f"/{path}") as client:
            received = client.read_all()
            assert (received.count(b"first"), received.endswith(END)) == (1, True)
            assert client.record()["outcome"] == "complete"
    finally:
        may_end.set()
    wait_until_all_are_free(function)


def finish_alone(call: Call) -> None:
    """The end of the answer, and not of the transfer."""
    call.chunk({}, "stop")
    call.raw(END)


def assert_is_passed_through(client: Client) -> None:
    """The client gets upstream's own bytes, and the log says how it went."""
    received = client.read_all()
    assert received.count(b'"object": "chat.completion.chunk"') == 4
    assert received.endswith(END)
    record = client.record()
    assert (record["outcome"], record["finish_reason"], record["usage"]["total_tokens"]) == ("complete", "stop", 8)


def assert_is_cut(client: Client) -> None:
    """The client gets the first delta and then an error frame in upstream's dialect."""
    received = client.read_all()
    assert b"first" in received
    assert b"[DONE]" not in received
    assert b"upstream_unreachable" in received.rstrip().rpartition(b"\n\n")[2]
    assert client.record()["outcome"] == "upstream_unreachable"


def test_a_thread_that_has_read_ahead_to_a_stream_is_free_after_a_disconnect(function: Running) -> None:
    for _ in range(4):
        with SlowClient(function, "/whole_streams/behind_large_text") as client:
            client.take(1)
        outcome = client.record()["outcome"]
        # Behind a watchdog, the kernel's buffers may take the whole answer before the client disconnects (T18).
        is_behind_watchdog = function.upstream_url != function.url
        assert outcome == "client_disconnected" or (is_behind_watchdog and outcome == "complete")
    wait_until_all_are_free(function)


@pytest.mark.parametrize("kind", ["manager", "awaitable", "nested"])
def test_a_stream_may_need_the_thread_that_reads_its_generator(function: Running, kind: str) -> None:
    texts = b"".join(b"data: %d\n\n" % number for number in range(10))
    with Client(function, f"/whole_streams/before_texts?kind={kind}") as client:
        assert client.read_all() == ANSWER + texts + END


@pytest.mark.parametrize("path", ["manager", "async_manager"])
def test_a_manager_whose_upstream_sends_nothing_is_an_error(function: Running, upstream: Upstream, path: str) -> None:
    upstream.script = play(Call.start, Call.end)
    with Client(function, f"/whole_streams/{path}") as client:
        assert client.code() == "upstream_error"


def test_a_stream_among_an_authors_own_frames_is_not_cut_in_silence(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, Call.end)
    with Client(function, "/whole_streams/among_own_frames") as client:
        assert client.code() == "upstream_error"

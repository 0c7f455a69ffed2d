"""Async sources run in the event loop: each shape is streamed, cancelled at once, and harms no other answer."""

import threading

import pytest

from tests.faults.client import Client, ask, clients_of
from tests.faults.places import PLACES, wait_until_all_are_free
from tests.faults.scripts import first, last, play, wait_for
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {
    "heartbeat_interval": "100ms", "commit_after": "5s", "max_streams": str(PLACES),
    "upstream_idle_timeout": "6s",  # on a busy machine another answer may take seconds
}  # fmt: skip
USED = ["async_openai"]
SHAPES = ["async_openai", "async_openai/called", "async_openai/iterated", "async_openai/iterator"]
WHOLE = b"data: first\n\ndata: last\n\ndata: [DONE]\n\n"


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_of_an_async_source_is_streamed(function: Running, upstream: Upstream, shape: str) -> None:
    with Client(function, f"/{shape}") as client:
        assert (client.status, client.read_all()) == (200, WHOLE)
        record = client.record()
    assert (record["outcome"], record["events"]) == ("complete", 2)
    assert len(upstream.calls) == 1


def test_an_async_generator_has_access_to_the_request(function: Running) -> None:
    with Client(function, "/in_loop/request_in_source") as client:
        assert client.read_all().decode() == (
            f"data: /in_loop/request_in_source\n\ndata:  {client.call_id}\n\ndata: [DONE]\n\n"
        )


def test_two_requests_at_a_time_each_have_their_own_in_their_generators(function: Running) -> None:
    with clients_of(function, ["in_loop/request_in_source"], map(str, range(20))) as clients:
        for client in clients.values():
            assert client.call_id in client.read_all().decode()


def test_a_source_that_swallows_its_cancellation_is_cancelled_again(function: Running) -> None:
    with Client(function, "/in_loop/swallows_cancel") as leaving:
        leaving.until(b"data: first\n\n")
    assert leaving.record()["outcome"] == "client_disconnected"
    with Client(function, "/in_loop/swallows_cancel") as client:
        assert client.code() == "upstream_timeout"
    wait_until_all_are_free(function)


def test_an_aclose_that_never_returns_does_not_keep_a_whole_answer_open(function: Running) -> None:
    with Client(function, "/in_loop/never_closed") as client:
        assert client.read_all() == WHOLE
        assert client.record()["outcome"] == "complete"
    wait_until_all_are_free(function)


def test_a_finally_that_never_returns_does_not_keep_an_ended_answer_open(function: Running) -> None:
    with Client(function, "/in_loop/never_leaves_finally") as leaving:
        leaving.until(b"data: first\n\n")
    assert leaving.record()["outcome"] == "client_disconnected"
    with Client(function, "/in_loop/never_leaves_finally") as client:
        assert client.code() == "upstream_timeout"
    assert ask(function, "/async_openai") == WHOLE


def test_a_source_that_blocks_the_event_loop_is_named_in_the_log(function: Running) -> None:
    assert ask(function, "/in_loop/blocks_the_loop", "0.6") == WHOLE
    function.wait_for_line("sleeps_in_the_loop")


ERRORS = ["SystemExit", "KeyboardInterrupt", "StopIteration", "StopAsyncIteration", "CancelledError", "MemoryError"]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_an_async_source_ends_its_own_answer_alone(
    function: Running, upstream: Upstream, error: str
) -> None:
    may_end = threading.Event()
    upstream.script = play(first, wait_for(may_end), last)
    with Client(function, "/async_openai") as other:
        other.until(b"data: first\n\n")
        for path, status in (("at_first", 500), ("awaited", 500), ("later", 200)):
            with Client(function, f"/in_loop/{path}", error) as client:
                assert (client.status, client.code()) == (status, "internal_error"), path
                assert b"sk-secret" not in client.read_all()
                assert client.record()["outcome"] == "internal_error", path
        may_end.set()
        assert other.read_all() == WHOLE
        assert other.record()["outcome"] == "complete"

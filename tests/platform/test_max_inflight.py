"""T5: the limit, and the slots that it loses."""

from collections.abc import Callable, Iterator

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.deadline import wait_until
from tests.platform.processes import PLACEHOLDER
from tests.platform.running import Running
from tests.platform.upstream import Call, Upstream
from tests.platform.watchdogs import Watchdog


@pytest.fixture
def limited(watchdog: Watchdog, upstream: Upstream) -> Iterator[Running]:
    env = {"upstream_url": upstream.url, "max_inflight": "1"}
    with watchdog.start(PLACEHOLDER, env=env, until="healthy") as running:
        yield running


def test_one_call_too_many_is_429(limited: Running, upstream: Upstream) -> None:
    with Caller(limited.port).ask() as first, Caller(limited.port) as second:
        call = upstream.accept()
        refused = second.ask().response()
        assert refused.status == 429
        assert refused.getheader("Content-Type") == "text/plain"
        assert refused.getheader("X-OpenFaaS-Internal") == "faas-middleware"
        assert refused.getheader("Retry-After") is None
        assert refused.read()
        assert _status(limited, "/_/ready") == 429
        assert _status(limited, "/_/health") == 200
        call.answer(b"done")
        assert first.response().read() == b"done"
    _assert_slot_is_free(limited)


def test_a_stream_that_ends_well_gives_its_slot_back(limited: Running, upstream: Upstream) -> None:
    with Caller(limited.port).ask(headers=STREAM) as caller:
        call = upstream.accept()
        call.start()
        call.end()
        assert caller.response().read() == b""
    _assert_slot_is_free(limited)


def _leave(call: Call, caller: Caller) -> None:
    caller.disconnect()
    assert call.is_disconnected()


def _die(call: Call, caller: Caller) -> None:
    call.cut()
    assert caller.read_raw() == b""


@pytest.mark.parametrize("abort", [_leave, _die])
def test_a_stream_aborted_after_its_headers_never_gives_its_slot_back(
    limited: Running, upstream: Upstream, abort: Callable[[Call, Caller], None]
) -> None:
    with Caller(limited.port).ask(headers=STREAM) as caller:
        call = upstream.accept()
        call.start()
        call.send(b"data: 1\n\n")
        assert caller.response().read1()
        abort(call, caller)
    _assert_slot_is_lost(limited)


def test_a_stream_cut_by_write_timeout_never_gives_its_slot_back(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "max_inflight": "1", "write_timeout": "300ms"}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).ask(headers=STREAM):
        call = upstream.accept()
        call.start()
        while not call.is_disconnected(within_s=0.05):
            call.send(b": heartbeat\n\n")
        _assert_slot_is_lost(running)


@pytest.mark.parametrize("headers", [STREAM, ()], ids=["stream", "plain"])
def test_a_disconnect_before_the_headers_gives_the_slot_back(
    limited: Running, upstream: Upstream, headers: Headers
) -> None:
    with Caller(limited.port).ask(headers=headers) as caller:
        call = upstream.accept()
        caller.disconnect()
        assert call.is_disconnected()
    _assert_slot_is_free(limited)


def test_a_disconnect_from_a_plain_call_gives_the_slot_back(limited: Running, upstream: Upstream) -> None:
    with Caller(limited.port).ask() as caller:
        call = upstream.accept()
        call.start()
        call.send(b"x" * 5000)
        assert caller.response().read1()
        caller.disconnect()
        assert call.is_disconnected()
    _assert_slot_is_free(limited)


def _status(running: Running, target: str = "/") -> int:
    with Caller(running.port).ask(target) as caller:
        return caller.response().status


def _assert_slot_is_free(running: Running) -> None:
    # The slot is given back a moment after the call has ended.
    wait_until(lambda: _status(running, "/_/ready") == 200, "the slot is given back")


def _assert_slot_is_lost(running: Running) -> None:
    with pytest.raises(AssertionError, match="given back"):
        wait_until(lambda: _status(running, "/_/ready") == 200, "the slot is given back", timeout_s=0.3)
    assert _status(running, "/_/ready") == 429
    assert _status(running) == 429
    assert _status(running, "/_/health") == 200

"""T7: which limit ends an answer, and which does not."""

import time
from http.client import IncompleteRead

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.processes import PLACEHOLDER
from tests.platform.upstream import Upstream
from tests.platform.watchdogs import Watchdog


def test_write_timeout_cuts_a_stream_although_heartbeats_flow(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "write_timeout": "1"}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port) as caller:
        asked = time.monotonic()
        caller.ask(headers=STREAM)
        call = upstream.accept()
        call.start()
        while not call.is_disconnected(within_s=0.05):
            call.send(b": heartbeat\n\n")
        assert time.monotonic() - asked > 0.9
        with pytest.raises(IncompleteRead) as cut:
            caller.response().read()
        assert b": heartbeat" in cut.value.partial


def test_a_silent_stream_is_cut_at_its_first_word_after_write_timeout(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "write_timeout": "300ms"}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).ask(headers=STREAM) as caller:
        call = upstream.accept()
        call.start()
        call.send(b"data: 1\n\n")
        response = caller.response()
        assert response.read1() == b"data: 1\n\n"
        assert caller.hears_nothing(0.6)
        call.send(b"data: 2\n\n")
        assert call.is_disconnected()
        with pytest.raises(IncompleteRead):
            response.read()


def test_a_plain_answer_after_write_timeout_is_not_sent_at_all(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "write_timeout": "300ms"}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).ask() as caller:
        call = upstream.accept()
        assert caller.hears_nothing(0.5)
        call.answer(b"late")
        assert caller.read_raw() == b""


@pytest.mark.parametrize(
    ("exec_timeout", "headers"),
    [("300ms", ()), ("60s", (("X-Timeout", "300ms"),)), ("300ms", (("X-Timeout", "60s"),))],
    ids=["exec_timeout", "a shorter X-Timeout", "a longer X-Timeout"],
)
def test_exec_timeout_ends_a_plain_call(
    watchdog: Watchdog, upstream: Upstream, exec_timeout: str, headers: Headers
) -> None:
    env = {"upstream_url": upstream.url, "exec_timeout": exec_timeout}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).ask(headers=headers) as caller:
        call = upstream.accept()
        response = caller.response()
        assert (response.status, response.read()) == (504, b"")
        assert response.getheader("X-OpenFaaS-Internal") == "of-watchdog"
        assert call.is_disconnected()


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({"exec_timeout": "200ms"}, ()),
        ({}, (("X-Timeout", "200ms"),)),
        ({"read_timeout": "200ms"}, ()),
    ],
    ids=["exec_timeout", "X-Timeout", "read_timeout"],
)
def test_no_other_limit_ends_a_stream(
    watchdog: Watchdog, upstream: Upstream, settings: dict[str, str], headers: Headers
) -> None:
    env = {"upstream_url": upstream.url, **settings}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port) as caller:
        caller.post(b"the body is in", (*STREAM, *headers))
        call = upstream.accept()
        call.start()
        response = caller.response()
        assert not call.is_disconnected(within_s=0.5)
        call.send(b"data: 1\n\n")
        call.end()
        assert response.read() == b"data: 1\n\n"


def test_read_timeout_ends_a_call_whose_body_does_not_come(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "read_timeout": "200ms"}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port) as caller:
        caller.ask(headers=(("Content-Length", "10"),), method="POST")
        assert caller.response().status == 504


def test_exec_timeout_of_0_is_none(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"upstream_url": upstream.url, "exec_timeout": "0"}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).ask() as caller:
        call = upstream.accept()
        assert not call.is_disconnected(within_s=0.3)
        call.answer(b"done")
        assert caller.response().read() == b"done"

"""T3 and T4: what a caller sees of an answer that breaks, and of one that never begins."""

from http.client import IncompleteRead

import pytest

from tests.platform.caller import STREAM, Caller
from tests.platform.processes import PLACEHOLDER
from tests.platform.running import Running
from tests.platform.upstream import Upstream, closed_port
from tests.platform.watchdogs import Watchdog


def test_a_stream_that_breaks_is_cut_without_a_terminator(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask(headers=STREAM) as caller:
        call = upstream.accept()
        call.start()
        call.send(b"data: 1\n\n")
        response = caller.response()
        assert response.read1() == b"data: 1\n\n"
        call.cut()
        with pytest.raises(IncompleteRead):
            response.read()


def test_a_short_plain_answer_that_breaks_looks_complete(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask() as caller:
        call = upstream.accept()
        call.start()
        call.send(b"half an answer")
        call.cut()
        response = caller.response()
        assert (response.status, response.getheader("Content-Length")) == (200, "14")
        assert response.read() == b"half an answer"


def test_a_long_plain_answer_that_breaks_ends_with_a_terminator(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask() as caller:
        call = upstream.accept()
        call.start()
        call.send(b"x" * 5000)
        response = caller.response()
        begin = response.read1()
        call.cut()
        assert response.status == 200
        assert begin + response.read() == b"x" * 5000


def test_a_plain_answer_that_breaks_below_its_own_length_is_cut(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask() as caller:
        call = upstream.accept()
        call.start(headers=(("Content-Length", "5000"),))
        call.send(b"x" * 4000)
        response = caller.response()
        response.read1()
        call.cut()
        with pytest.raises(IncompleteRead):
            response.read()


def test_a_stream_from_nobody_is_an_empty_200(watchdog: Watchdog) -> None:
    with (
        closed_port() as nobody,
        watchdog.start(PLACEHOLDER, env={"upstream_url": nobody}) as running,
        Caller(running.port).ask(headers=STREAM) as caller,
    ):
        _assert_is_empty_200(caller)


def test_a_plain_answer_from_nobody_is_500(watchdog: Watchdog) -> None:
    with (
        closed_port() as nobody,
        watchdog.start(PLACEHOLDER, env={"upstream_url": nobody}) as running,
        Caller(running.port).ask() as caller,
    ):
        _assert_is_500(caller)


def test_a_stream_closed_before_its_headers_is_an_empty_200(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask(headers=STREAM) as caller:
        upstream.accept().cut()
        _assert_is_empty_200(caller)


def test_a_plain_answer_closed_before_its_headers_is_500(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask() as caller:
        upstream.accept().cut()
        _assert_is_500(caller)


def _assert_is_empty_200(caller: Caller) -> None:
    response = caller.response()
    assert (response.status, response.read()) == (200, b"")
    assert response.getheader("Content-Length") == "0"
    assert response.getheader("Content-Type") is None


def _assert_is_500(caller: Caller) -> None:
    response = caller.response()
    assert (response.status, response.read()) == (500, b"")
    assert response.getheader("X-OpenFaaS-Internal") == "of-watchdog"
    assert response.getheader("X-Duration-Seconds")

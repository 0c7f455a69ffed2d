"""A client that disconnects: the watchdog closes the function's connection at once, at any point of the answer."""

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.running import Running
from tests.platform.upstream import Upstream

PLAIN: Headers = ()
both_paths = pytest.mark.parametrize("path", [STREAM, PLAIN], ids=["stream", "plain"])


@both_paths
def test_a_disconnect_before_the_headers_is_passed_on(running: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(running.port).post(b"text", path) as caller:
        call = upstream.accept()
        caller.disconnect()
        assert call.is_disconnected(within_s=1)


@both_paths
def test_a_disconnect_after_the_headers_is_passed_on(running: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(running.port).post(b"text", path) as caller:
        call = upstream.accept()
        call.start()
        call.send(b"x" * 1000)  # more than the plain path holds back
        assert caller.response().read1()
        caller.disconnect()
        assert call.is_disconnected(within_s=1)


def test_a_disconnect_from_a_plain_call_is_logged_as_an_exec_timeout(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask() as caller:
        call = upstream.accept()
        caller.disconnect()
        assert call.is_disconnected()
    running.wait_for_line("exec_timeout")

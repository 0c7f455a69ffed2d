"""T3, T4: what a client gets of an answer that breaks off or never begins, and the function of a disconnect."""

import pytest

from tests.gateway.calls import EVENT, PATH, assert_failed, both_paths
from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.gateways import FUNCTION, Gateway
from tests.platform.running import Running
from tests.platform.upstream import Upstream, closed_port


def test_a_stream_that_breaks_looks_complete(chain: Running, upstream: Upstream) -> None:
    with Caller(chain.port).ask(PATH, STREAM) as caller:
        call = upstream.accept()
        call.start()
        call.send(EVENT)
        response = caller.response()
        assert response.read1() == EVENT
        call.cut()
        assert (response.status, response.read()) == (200, b"")


@pytest.mark.parametrize("events", [1, 1000])
def test_a_plain_answer_that_breaks_looks_complete(chain: Running, upstream: Upstream, events: int) -> None:
    with Caller(chain.port).ask(PATH) as caller:
        call = upstream.accept()
        call.start()
        for _ in range(events):
            call.send(EVENT)
        call.cut()
        response = caller.response()
        assert (response.status, response.read()) == (200, events * EVENT)


@both_paths
def test_nobody_behind_it_is_an_empty_200_or_a_500(gateway: Gateway, path: Headers) -> None:
    with (
        closed_port() as nobody,
        gateway.start({FUNCTION: nobody}) as chain,
        Caller(chain.port).ask(PATH, path) as caller,
    ):
        assert_failed(caller, path, 500)


@both_paths
def test_an_answer_closed_before_its_headers_is_an_empty_200_or_a_500(
    chain: Running, upstream: Upstream, path: Headers
) -> None:
    with Caller(chain.port).post(b"text", path, PATH) as caller:
        upstream.accept().cut()
        assert_failed(caller, path, 500)


@both_paths
def test_a_disconnect_closes_the_functions_connection(chain: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(chain.port).post(b"text", path, PATH) as caller:
        call = upstream.accept()
        call.start()
        caller.disconnect()
        assert call.is_disconnected()

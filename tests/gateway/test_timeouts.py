"""Which timeouts of gateway and provider end an answer, and how it looks then."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse, IncompleteRead

import pytest

from tests.gateway.calls import EVENT, PATH, assert_failed, both_paths
from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.gateways import FUNCTION, Gateway
from tests.platform.upstream import Upstream


@both_paths
def test_upstream_timeout_before_the_first_byte_is_an_empty_200_or_a_502(
    gateway: Gateway, upstream: Upstream, path: Headers
) -> None:
    with (
        gateway.start({FUNCTION: upstream.url}, upstream_timeout="300ms") as chain,
        Caller(chain.port).ask(PATH, path) as caller,
    ):
        call = upstream.accept()
        assert_failed(caller, path, 502)
        assert call.is_disconnected()


@pytest.mark.parametrize("limit", ["upstream_timeout", "provider_write_timeout"])
def test_a_limit_below_the_gateways_own_ends_a_stream_as_if_it_were_complete(
    gateway: Gateway, upstream: Upstream, limit: str
) -> None:
    with stream_until_cut(gateway, upstream, limit) as response:
        assert (response.status, response.read()[: len(EVENT)]) == (200, EVENT)


def test_the_gateways_write_timeout_cuts_a_stream(gateway: Gateway, upstream: Upstream) -> None:
    with stream_until_cut(gateway, upstream, "write_timeout") as response, pytest.raises(IncompleteRead):
        response.read()


@pytest.mark.parametrize("limit", ["read_timeout", "provider_read_timeout"])
def test_read_timeouts_do_not_cut_a_stream(gateway: Gateway, upstream: Upstream, limit: str) -> None:
    with (
        gateway.start({FUNCTION: upstream.url}, **{limit: "300ms"}) as chain,
        Caller(chain.port).ask(PATH, STREAM) as caller,
    ):
        call = upstream.accept()
        call.start()
        assert not call.is_disconnected(within_s=0.6)
        call.send(EVENT)
        call.end()
        assert caller.response().read() == EVENT


def test_the_providers_read_timeout_caps_a_plain_call(gateway: Gateway, upstream: Upstream) -> None:
    with (
        gateway.start({FUNCTION: upstream.url}, provider_read_timeout="300ms") as chain,
        Caller(chain.port).ask(PATH) as caller,
    ):
        upstream.accept()
        assert_failed(caller, (), 500)


@contextmanager
def stream_until_cut(gateway: Gateway, upstream: Upstream, limit: str) -> Iterator[HTTPResponse]:
    """The response to a stream without an end, once the function has lost its caller."""
    with (
        gateway.start({FUNCTION: upstream.url}, **{limit: "500ms"}) as chain,
        Caller(chain.port).ask(PATH, STREAM) as caller,
    ):
        call = upstream.accept()
        call.start()
        call.send(EVENT)
        while not call.is_disconnected(within_s=0.05):
            with suppress(ConnectionError):  # it has disconnected meanwhile
                call.send(EVENT)
        yield caller.response()

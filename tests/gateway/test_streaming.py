"""T1, T2: which clients get each event at once, and what the others get."""

import pytest

from tests.gateway.calls import A_WHILE_S, EVENT, PATH
from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.gateways import Gateway
from tests.platform.running import Running
from tests.platform.upstream import Upstream


def accept(value: str) -> Headers:
    return (("Accept", value),)


def is_live(chain: Running, upstream: Upstream, headers: Headers) -> bool:
    """True if each event arrives before the function sends the next one. All events arrive in any case."""
    with Caller(chain.port).ask(PATH, headers) as caller:
        call = upstream.accept()
        call.start()
        call.send(EVENT)
        live = not caller.hears_nothing(A_WHILE_S)
        if live:
            assert caller.response().read1() == EVENT
        call.send(EVENT)
        call.end()
        response = caller.response() if not live else None
        if response:
            assert response.read() == 2 * EVENT
            assert response.getheader("Content-Length") == str(2 * len(EVENT))
    return live


def test_exactly_text_event_stream_is_live_everywhere(chain: Running, upstream: Upstream) -> None:
    assert is_live(chain, upstream, STREAM)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        accept("*/*"),
        accept("application/json"),
        accept("application/json, text/event-stream"),
        accept("TEXT/EVENT-STREAM"),
        accept("application/x-ndjson"),
        (("Accept", "application/json"), ("Accept", "text/event-stream")),
    ],
    ids=str,
)
def test_any_other_accept_gets_all_of_it_at_the_end(chain: Running, upstream: Upstream, headers: Headers) -> None:
    assert not is_live(chain, upstream, headers)


@pytest.mark.parametrize("value", ["text/event-stream, */*", "text/event-stream;charset=utf-8", "text/event-streams"])
def test_what_only_begins_so_is_live_behind_faas_netes_alone(
    gateway: Gateway, chain: Running, upstream: Upstream, value: str
) -> None:
    assert is_live(chain, upstream, accept(value)) == (gateway.provider == "faas-netes")


def test_a_larger_plain_answer_comes_in_lumps(chain: Running, upstream: Upstream) -> None:
    with Caller(chain.port).ask(PATH) as caller:
        call = upstream.accept()
        call.start()
        for _ in range(5000):  # more than a hop reads at a time, so that it cannot wait for the rest of a chunk
            call.send(EVENT)
        response = caller.response()
        assert response.getheader("Transfer-Encoding") == "chunked"
        assert len(response.read1()) == 512
        begin = response.read1()
        assert len(begin) > len(EVENT)
        call.end()
        assert 512 + len(begin) + len(response.read()) == 5000 * len(EVENT)

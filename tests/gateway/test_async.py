"""T16: asynchronous calls and their callbacks."""

from collections.abc import Iterator

import pytest

from tests.gateway.calls import A_WHILE_S, EVENT
from tests.platform.caller import STREAM, Caller
from tests.platform.gateways import FUNCTION
from tests.platform.running import Running
from tests.platform.upstream import Call, Upstream


class Callback:
    """An asynchronous call, and what came of it."""

    def __init__(self, chain: Running, callback: Upstream, *headers: tuple[str, str], body: bytes = b"ask") -> None:
        self._callback = callback
        to = ("X-Callback-Url", f"{callback.url}/done?x=1")
        with Caller(chain.port).post(body, (to, *headers), f"/async-function/{FUNCTION}/v1?a=1") as caller:
            self.response = caller.response()

    def received(self) -> Call:
        call = self._callback.accept()
        call.answer()
        return call


@pytest.fixture
def callback() -> Iterator[Upstream]:
    with Upstream() as listening:
        yield listening


def test_an_asynchronous_call_is_accepted_made_and_reported_once(
    chain: Running, upstream: Upstream, callback: Upstream
) -> None:
    asked = Callback(chain, callback, ("Accept", "text/event-stream"), ("X-Mine", "1"))
    assert asked.response.status == 202
    call = upstream.accept()
    assert (call.method, call.target, call.body) == ("POST", "/v1?a=1", b"ask")
    assert (call.headers["Accept"], call.headers["X-Mine"]) == ("text/event-stream", "1")
    call.start(headers=(("Content-Type", "text/event-stream"), ("X-Theirs", "2")))
    call.send(EVENT)
    call.send(EVENT)
    call.end()
    told = asked.received()
    assert (told.method, told.target, told.body) == ("POST", "/done?x=1", 2 * EVENT)
    assert (told.headers["Content-Type"], told.headers["X-Theirs"]) == ("text/event-stream", "2")
    assert (told.headers["X-Function-Status"], told.headers["X-Function-Name"]) == ("200", FUNCTION)
    assert float(told.headers["X-Duration-Seconds"]) >= 0
    assert told.headers["X-Call-Id"] == asked.response.getheader("X-Call-Id") == call.headers["X-Call-Id"]
    with pytest.raises(TimeoutError):
        callback.accept(A_WHILE_S)


def test_a_truncated_stream_is_reported_as_a_success(chain: Running, upstream: Upstream, callback: Upstream) -> None:
    asked = Callback(chain, callback, *STREAM)
    call = upstream.accept()
    call.start()
    call.send(EVENT)
    call.cut()
    told = asked.received()
    assert (told.headers["X-Function-Status"], told.body) == ("200", EVENT)


def test_one_asynchronous_call_is_made_at_a_time(chain: Running, upstream: Upstream, callback: Upstream) -> None:
    first, second = Callback(chain, callback, body=b"1"), Callback(chain, callback, body=b"2")
    call = upstream.accept()
    with pytest.raises(TimeoutError):
        upstream.accept(A_WHILE_S)
    call.answer(b"one")
    assert first.received().body == b"one"
    upstream.accept().answer(b"two", "500 No")
    told = second.received()
    assert (told.headers["X-Function-Status"], told.body) == ("500", b"two")


@pytest.mark.parametrize(
    ("method", "size", "status"), [("GET", 0, 405), ("POST", 256_000, 202), ("POST", 256_001, 413)]
)
def test_an_asynchronous_call_is_a_post_of_at_most_256000_bytes(
    chain: Running, upstream: Upstream, method: str, size: int, status: int
) -> None:
    headers = (("Content-Length", str(size)),)
    with Caller(chain.port).ask(f"/async-function/{FUNCTION}", headers, method=method) as caller:
        caller.send(b"x" * size)
        assert caller.response().status == status
    if status == 202:
        call = upstream.accept()
        assert len(call.body) == size
        call.answer()

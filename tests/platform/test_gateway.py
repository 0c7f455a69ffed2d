"""The stand-in for gateway and provider behaves as the platform does. The test itself plays the function."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse, IncompleteRead
from urllib.parse import urlsplit

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.gateways import FUNCTION, Gateway
from tests.platform.running import Running, WatchdogEndedError
from tests.platform.upstream import Call, Upstream, closed_port

# How long a test waits for something that must not come.
A_WHILE_S = 0.2
PATH = f"/function/{FUNCTION}"
EVENT = b"data: {a 27-byte event: 1}\n\n"

both_paths = pytest.mark.parametrize("path", [STREAM, ()], ids=["stream", "plain"])


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as listening:
        yield listening


@pytest.fixture(scope="module")
def chain(gateway: Gateway, upstream: Upstream) -> Iterator[Running]:
    """One process for all tests: no call changes what the next call gets."""
    with gateway.start({FUNCTION: upstream.url}) as running:
        yield running


def accept(value: str) -> Headers:
    return (("Accept", value),)


# T1, T2: who is streamed to


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


# T3, T4: what breaks


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


def assert_failed(caller: Caller, path: Headers, status: int) -> None:
    """The response is an empty 200 without a type on the streaming path, and has the status on the plain one."""
    response = caller.response()
    assert (response.status, response.read()) == (200 if path else status, b"")
    assert response.getheader("Content-Type") is None


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


# Timeouts


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


# Addresses and headers


@both_paths
@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/function/chat", "/"),
        ("/function/chat/", "/"),
        ("/function/chat?a=b%20c", "/?a=b%20c"),
        ("/function/chat/v1/chat%2Fcompletions?x=1", "/v1/chat%2Fcompletions?x=1"),
        ("/function/chat.openfaas-fn/v1/", "/v1/"),
    ],
)
def test_the_function_sees_its_own_path_alone(
    gateway: Gateway, upstream: Upstream, path: Headers, asked: str, seen: str
) -> None:
    with gateway.start({"chat": upstream.url}) as chain, Caller(chain.port).ask(asked, path) as caller:
        call = upstream.accept()
        assert call.target == seen
        call.answer(b"here")
        assert caller.response().read() == b"here"


def test_a_namespace_is_part_of_the_name(gateway: Gateway, upstream: Upstream) -> None:
    with gateway.start({"chat.dev": upstream.url}) as chain:
        with Caller(chain.port).ask("/function/chat") as caller:
            assert caller.response().status == 404
        with Caller(chain.port).ask("/function/chat.dev/x") as caller:
            upstream.accept().answer(b"here")
            assert caller.response().read() == b"here"


@pytest.mark.parametrize(
    ("asked", "clean"),
    [(f"{PATH}//v1", f"{PATH}/v1"), (f"/{PATH}/?a=1", f"{PATH}/?a=1"), (f"{PATH}/a/../b", f"{PATH}/b")],
)
def test_an_address_that_is_not_clean_is_redirected(chain: Running, asked: str, clean: str) -> None:
    with Caller(chain.port).ask(asked, method="POST") as caller:
        response = caller.response()
        assert (response.status, response.getheader("Location")) == (301, clean)


@both_paths
def test_a_call_gets_an_id_and_a_time_and_the_answer_tells_the_id(
    chain: Running, upstream: Upstream, path: Headers
) -> None:
    with Caller(chain.port).ask(PATH, path) as caller:
        call = upstream.accept()
        call.answer()
        response = caller.response()
        assert call.headers["X-Call-Id"] == response.getheader("X-Call-Id")
        assert int(call.headers["X-Start-Time"]) > 1_700_000_000_000_000_000
        assert response.getheader("X-Served-By")
        assert call.headers["X-Forwarded-For"] if path else call.headers["X-Forwarded-Host"]


@both_paths
def test_a_callers_own_id_is_kept_and_not_told(chain: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(chain.port).ask(PATH, (*path, ("X-Call-Id", "7"))) as caller:
        call = upstream.accept()
        call.answer()
        assert call.headers["X-Call-Id"] == "7"
        assert caller.response().getheader("X-Call-Id") is None


@both_paths
def test_a_functions_own_call_id_is_doubled_on_the_streaming_path(
    chain: Running, upstream: Upstream, path: Headers
) -> None:
    with Caller(chain.port).ask(PATH, path) as caller:
        upstream.accept().answer(headers=(("X-Call-Id", "mine"),))
        ids = caller.response().headers.get_all("X-Call-Id") or []
        assert len(ids) == (2 if path else 1)
        assert ids[-1] == "mine"


@both_paths
def test_the_host_is_the_callers_on_the_streaming_path_alone(chain: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(chain.port).ask(PATH, (*path, ("Host", "gateway.test"))) as caller:
        call = upstream.accept()
        call.answer()
        caller.response()
        assert call.headers["Host"] == ("gateway.test" if path else urlsplit(upstream.url).netloc)
        assert call.headers["X-Forwarded-Host"] == (None if path else "gateway.test")


@both_paths
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_method_body_status_and_headers_pass_through(
    chain: Running, upstream: Upstream, path: Headers, method: str
) -> None:
    with Caller(chain.port).ask(PATH, (*path, ("Content-Length", "4")), method=method) as caller:
        caller.send(b"text")
        call = upstream.accept()
        assert (call.method, call.body) == (method, b"text")
        call.answer(
            b"" if method == "HEAD" else b"short",
            "429 Too Many Requests",
            (("X-Accel-Buffering", "no"), ("Cache-Control", "no-cache"), ("Retry-After", "7")),
        )
        response = caller.response()
        assert (response.status, response.getheader("Retry-After")) == (429, "7")
        assert (response.getheader("X-Accel-Buffering"), response.getheader("Cache-Control")) == ("no", "no-cache")


def test_other_methods_are_refused(chain: Running) -> None:
    with Caller(chain.port).ask(PATH, method="TRACE") as caller:
        assert caller.response().status == 405


@both_paths
def test_a_disconnect_closes_the_functions_connection(chain: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(chain.port).post(b"text", path, PATH) as caller:
        call = upstream.accept()
        call.start()
        caller.disconnect()
        assert call.is_disconnected()


# T16: asynchronous calls


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


# The tool itself


@pytest.mark.parametrize(
    "settings", [{"provider": "swarm"}, {"functions": "chat"}, {"write_timeout": "soon"}, {"port": "x"}], ids=str
)
def test_a_setting_that_cannot_be_read_stops_the_start(gateway: Gateway, settings: dict[str, str]) -> None:
    with pytest.raises(WatchdogEndedError, match=next(iter(settings))), gateway.start({}, **settings):
        pass

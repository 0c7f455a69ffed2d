"""What the function sees of a request, and the client of its response: address, method, headers, status."""

from urllib.parse import urlsplit

import pytest

from tests.gateway.calls import PATH, both_paths
from tests.platform.caller import Caller, Headers
from tests.platform.gateways import Gateway
from tests.platform.running import Running
from tests.platform.upstream import Upstream


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

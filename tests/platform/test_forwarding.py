"""What of a request reaches the function, and what of its response reaches the caller."""

import gzip
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.processes import PLACEHOLDER
from tests.platform.running import Running
from tests.platform.upstream import Upstream
from tests.platform.watchdogs import Watchdog

PLAIN: Headers = ()
both_paths = pytest.mark.parametrize("path", [STREAM, PLAIN], ids=["stream", "plain"])


@both_paths
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_method_target_host_and_headers_arrive(
    running: Running, upstream: Upstream, path: Headers, method: str
) -> None:
    headers = (("Host", "gateway.test"), ("User-Agent", "tests"), ("X-Call-Id", "7"), ("X-Many", "a"), ("X-Many", "b"))
    with Caller(running.port).ask("/a%2Fb/c?q=1&r=%20", (*path, *headers), method=method) as caller:
        call = upstream.accept()
        assert (call.method, call.target) == (method, "/a%2Fb/c?q=1&r=%20")
        assert call.headers["Host"] == "gateway.test"
        assert call.headers["User-Agent"] == "tests"
        assert call.headers["X-Call-Id"] == "7"
        assert call.headers.get_all("X-Many") == ["a", "b"]
        call.answer()
        assert caller.response().status == 200


@both_paths
@pytest.mark.parametrize("status", ["201 Created", "302 Found", "404 Not Found", "429 Too Many Requests", "503 Busy"])
def test_status_headers_and_body_of_the_answer_arrive(
    running: Running, upstream: Upstream, path: Headers, status: str
) -> None:
    cookies = (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    with Caller(running.port).ask(headers=path) as caller:
        call = upstream.accept()
        call.answer(b"the body", status, (*cookies, ("Location", "/elsewhere"), ("Cache-Control", "no-cache")))
        response = caller.response()
        assert response.status == int(status[:3])
        assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
        assert response.getheader("Cache-Control") == "no-cache"
        assert response.read() == b"the body"


def test_only_a_plain_answer_tells_its_duration(running: Running, upstream: Upstream) -> None:
    for path, is_told in ((STREAM, False), (PLAIN, True)):
        with Caller(running.port).ask(headers=path) as caller:
            upstream.accept().answer()
            duration = caller.response().getheader("X-Duration-Seconds")
            assert (duration is not None) == is_told
            assert not is_told or float(duration or "") > 0


@pytest.mark.parametrize(
    ("path", "given", "expected"),
    [
        (STREAM, None, "127.0.0.1"),
        (STREAM, "10.0.0.1", "10.0.0.1, 127.0.0.1"),
        (PLAIN, None, None),
        (PLAIN, "10.0.0.1", "10.0.0.1"),
    ],
)
def test_only_a_stream_names_the_caller_in_x_forwarded_for(
    running: Running, upstream: Upstream, path: Headers, given: str | None, expected: str | None
) -> None:
    headers = (("X-Forwarded-For", given),) if given else ()
    with Caller(running.port).ask(headers=(*path, *headers)):
        assert upstream.accept().headers["X-Forwarded-For"] == expected


def test_only_a_stream_loses_its_hop_by_hop_headers(running: Running, upstream: Upstream) -> None:
    hop_by_hop = {"Connection": "X-Mine", "X-Mine": "1", "Keep-Alive": "timeout=5", "Proxy-Authorization": "Basic x"}
    for path, expected in ((STREAM, dict.fromkeys(hop_by_hop)), (PLAIN, hop_by_hop)):
        with Caller(running.port).ask(headers=(*path, *hop_by_hop.items())):
            call = upstream.accept()
            assert {name: call.headers[name] for name in hop_by_hop} == expected


def test_only_a_stream_goes_without_a_user_agent(running: Running, upstream: Upstream) -> None:
    for path, expected in ((STREAM, None), (PLAIN, "Go-http-client/1.1")):
        with Caller(running.port).ask(headers=path):
            assert upstream.accept().headers["User-Agent"] == expected


@both_paths
def test_gzip_is_asked_for_and_unpacked_where_the_caller_named_no_encoding(
    running: Running, upstream: Upstream, path: Headers
) -> None:
    with Caller(running.port).ask(headers=path) as caller:
        call = upstream.accept()
        assert call.headers["Accept-Encoding"] == "gzip"
        call.answer(gzip.compress(b"the body"), headers=(("Content-Encoding", "gzip"),))
        response = caller.response()
        assert response.getheader("Content-Encoding") is None
        assert response.read() == b"the body"


@both_paths
def test_a_named_encoding_is_left_alone(running: Running, upstream: Upstream, path: Headers) -> None:
    packed = gzip.compress(b"the body")
    with Caller(running.port).ask(headers=(*path, ("Accept-Encoding", "gzip, br"))) as caller:
        call = upstream.accept()
        assert call.headers["Accept-Encoding"] == "gzip, br"
        call.answer(packed, headers=(("Content-Encoding", "gzip"),))
        assert caller.response().read() == packed


@both_paths
@pytest.mark.parametrize(
    ("target", "location"),
    [("//", "/"), ("//a?q=1", "/a?q=1"), ("/a//b/", "/a/b/"), ("/a/../b", "/b"), ("/a/./b", "/a/b")],
)
def test_a_path_that_is_not_clean_is_redirected(running: Running, path: Headers, target: str, location: str) -> None:
    for method in ("GET", "POST"):
        with Caller(running.port).ask(target, (*path, ("Content-Length", "0")), method=method) as caller:
            response = caller.response()
            assert (response.status, response.getheader("Location")) == (307, location)


def test_a_path_in_upstream_url_counts_on_the_plain_path_only(watchdog: Watchdog, upstream: Upstream) -> None:
    with watchdog.start(PLACEHOLDER, env={"upstream_url": f"{upstream.url}/base"}) as running:
        for path, expected in ((STREAM, "/here?q=1"), (PLAIN, "/base/here?q=1")):
            with Caller(running.port).ask("/here?q=1", path):
                assert upstream.accept().target == expected


def test_an_http_1_0_caller_is_streamed_to_and_told_the_end_by_the_close(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask(headers=STREAM, version="HTTP/1.0") as caller:
        call = upstream.accept()
        call.start()
        call.send(b"data: 1\n\n")
        response = caller.response()
        assert response.getheader("Transfer-Encoding") is None
        assert response.read1() == b"data: 1\n\n"
        call.send(b"data: 2\n\n")
        assert response.read1() == b"data: 2\n\n"
        call.end()
        assert response.read() == b""


def test_headers_of_a_mebibyte_are_too_large(running: Running, upstream: Upstream) -> None:
    lines = tuple((f"X-Large-{number}", "x" * 60_000) for number in range(20))
    for count, status in ((16, 200), (20, 431)):
        with Caller(running.port) as caller, ThreadPoolExecutor(1) as sender:
            sender.submit(caller.ask, headers=lines[:count])
            if status == 200:
                upstream.accept().answer()
            assert caller.response().status == status

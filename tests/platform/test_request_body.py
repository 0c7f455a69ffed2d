"""T6: how a request's body reaches the function."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.processes import PLACEHOLDER
from tests.platform.running import Running
from tests.platform.upstream import Upstream
from tests.platform.watchdogs import Watchdog

PLAIN: Headers = ()
CHUNKED: Headers = (("Transfer-Encoding", "chunked"),)
both_paths = pytest.mark.parametrize("path", [STREAM, PLAIN], ids=["stream", "plain"])


def test_a_length_reaches_the_function_on_the_streaming_path_only(running: Running, upstream: Upstream) -> None:
    for path, length in ((STREAM, "4"), (PLAIN, None)):
        with Caller(running.port).post(b"text", path):
            call = upstream.accept()
            assert call.body == b"text"
            assert call.headers["Content-Length"] == length
            assert call.is_chunked == (length is None)


@both_paths
def test_chunks_reach_the_function_as_chunks(running: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(running.port).ask(headers=(*path, *CHUNKED), method="POST") as caller:
        caller.send(b"4\r\ntext\r\n0\r\n\r\n")
        call = upstream.accept()
        assert (call.body, call.is_chunked) == (b"text", True)


@both_paths
def test_five_megabytes_pass(running: Running, upstream: Upstream, path: Headers) -> None:
    body = b"0123456789abcdef" * 327_680
    with Caller(running.port) as caller, ThreadPoolExecutor(1) as sender:
        sender.submit(caller.post, body, path)
        call = upstream.accept()
        assert call.body == body
        call.answer(b"thanks")
        assert caller.response().read() == b"thanks"


@both_paths
def test_an_answer_to_a_post_arrives(running: Running, upstream: Upstream, path: Headers) -> None:
    with Caller(running.port).post(b"text", path) as caller:
        call = upstream.accept()
        call.start()
        call.send(b"data: 1\n\n")
        call.end()
        assert caller.response().read() == b"data: 1\n\n"


@pytest.fixture(params=["http_buffer_req_body", "buffer_http"])
def buffering(request: pytest.FixtureRequest) -> dict[str, str]:
    return {str(request.param): "true"}


def test_a_buffered_post_with_a_length_is_an_empty_200_on_the_streaming_path(
    watchdog: Watchdog, upstream: Upstream, buffering: dict[str, str]
) -> None:
    env = {"upstream_url": upstream.url, **buffering}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).post(b"text", STREAM) as caller:
        call = upstream.accept()
        assert (call.headers["Content-Length"], call.body) == ("4", b"")  # a server that waits for 4 bytes never calls
        response = caller.response()
        assert (response.status, response.read()) == (200, b"")


def test_a_buffered_post_in_chunks_has_no_body_on_the_streaming_path(
    watchdog: Watchdog, upstream: Upstream, buffering: dict[str, str]
) -> None:
    env = {"upstream_url": upstream.url, **buffering}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port) as caller:
        caller.ask(headers=(*STREAM, *CHUNKED), method="POST").send(b"4\r\ntext\r\n0\r\n\r\n")
        call = upstream.accept()
        assert call.body == b""
        call.answer(b"done")
        assert caller.response().read() == b"done"


def test_a_buffered_post_still_comes_in_chunks_on_the_plain_path(
    watchdog: Watchdog, upstream: Upstream, buffering: dict[str, str]
) -> None:
    env = {"upstream_url": upstream.url, **buffering}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).post(b"text"):
        call = upstream.accept()
        assert (call.body, call.is_chunked) == (b"text", True)

"""T1 and T2: which clients get a stream, and what the others get. The request's Accept header alone decides."""

import pytest

from tests.platform.caller import STREAM, Caller, Headers
from tests.platform.running import Running
from tests.platform.upstream import Upstream

# How long a test waits for something that must not come.
A_WHILE_S = 0.2


@pytest.mark.parametrize(
    "headers",
    [
        STREAM,
        (("Accept", "TEXT/Event-Stream"),),
        (("Accept", "application/json, text/event-stream"),),
        (("Accept", "text/event-stream;q=0.9, */*"),),
        (("Accept", "application/x-ndjson"),),
        (("Accept", "text/plain, Application/X-NDJSON"),),
        (("Accept", "text/event-stream"), ("Accept", "application/json")),
        (("Upgrade", "websocket"),),
    ],
    ids=str,
)
@pytest.mark.parametrize("content_type", ["text/event-stream", "text/plain"])
def test_each_chunk_is_passed_on_when_it_comes(
    running: Running, upstream: Upstream, headers: Headers, content_type: str
) -> None:
    with Caller(running.port).ask(headers=headers) as caller:
        call = upstream.accept()
        call.start(headers=(("Content-Type", content_type),))
        response = caller.response()
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            call.send(event)
            assert response.read1() == event
        call.end()
        assert response.read() == b""


def test_headers_alone_reach_a_stream(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask(headers=STREAM) as caller:
        upstream.accept().start()
        assert caller.response().getheader("Content-Type") == "text/event-stream"


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Accept", "*/*"),),
        (("Accept", "application/json"),),
        (("Accept", "text/*"),),
        (("Accept", "application/json"), ("Accept", "text/event-stream")),
        (("Upgrade", "WebSocket"),),
        (("X-Accept", "text/event-stream"),),
    ],
    ids=str,
)
def test_four_events_come_together_at_the_end(running: Running, upstream: Upstream, headers: Headers) -> None:
    with Caller(running.port).ask(headers=headers) as caller:
        call = upstream.accept()
        call.start()
        for number in range(4):
            call.send(b"data: {a 27-byte event: %d}\n\n" % number)
        assert caller.hears_nothing(A_WHILE_S)
        call.end()
        response = caller.response()
        assert response.getheader("Content-Type") == "text/event-stream"
        assert response.getheader("Content-Length") == "112"
        assert response.read().count(b"data: ") == 4


def test_a_larger_body_comes_as_512_bytes_and_then_as_buffers_fill(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask() as caller:
        call = upstream.accept()
        call.start()
        for _ in range(500):
            call.send(b"data: some twenty bytes\n\n")
        response = caller.response()
        assert response.getheader("Transfer-Encoding") == "chunked"
        assert len(response.read1()) == 512
        # Of the other 12,000 bytes at most 4,096 and 2,048 are held back in the server's two buffers.
        received = 512
        while received < 12_500 - 4_096 - 2_048:
            received += len(response.read1())
        call.end()
        assert received + len(response.read()) == 12_500

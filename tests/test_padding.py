"""Padding: each delta arrives at once, at a known cost, although the client's Accept header makes the hops buffer."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from faas_stream.formats.padding import FLUSH_INTERVAL_S, PADDING_BYTES, Padding
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.platform.caller import Caller, Headers
from tests.platform.plugin import obtain
from tests.platform.running import Running
from tests.upstream import Call, Upstream

DELTAS = ["one", " two", " three\nand", " four"]
EXACT = "text/event-stream"

# How long a test waits for bytes that must not come.
A_WHILE_S = 0.3


def frame(number: int) -> bytes:
    return b"data: %d\n\n" % number


def test_the_first_piece_is_sent_at_once_and_a_comment_follows() -> None:
    sent = Padding().add(frame(1), now=0)
    assert sent.startswith(frame(1) + b":")
    assert sent.endswith(b"\n")
    assert len(sent) == len(frame(1)) + PADDING_BYTES
    assert sent.count(b"\n") == 3


def test_pieces_that_follow_closely_share_a_flush() -> None:
    padding = Padding()
    padding.add(frame(1), now=0)
    assert padding.add(frame(2), now=0.01) == b""
    assert padding.add(frame(3), now=0.02) == b""
    assert padding.due(now=FLUSH_INTERVAL_S).startswith(frame(2) + frame(3) + b":")
    assert padding.due(now=1) == b""


def test_held_pieces_are_due_although_nothing_follows() -> None:
    padding = Padding()
    padding.add(frame(1), now=0)
    padding.add(frame(2), now=0.01)
    assert padding.add(b"", now=0.02) == b""
    assert padding.add(b"", now=1).startswith(frame(2) + b":")


def test_a_line_is_never_broken_by_a_comment() -> None:
    padding = Padding()
    assert padding.add(b"data: hal", now=0) == b""
    assert padding.due(now=1) == b""
    assert padding.add(b"f\n\n", now=2).startswith(b"data: half\n\n:")


def test_the_end_needs_no_padding() -> None:
    padding = Padding()
    padding.add(frame(1), now=0)
    padding.add(frame(2), now=0.01)
    assert padding.release() == frame(2)
    assert padding.release() == b""


def test_at_20_tokens_per_second_a_token_costs_a_third_less_than_a_flush() -> None:
    padding, sent = Padding(), 0
    for number in range(300):
        arrives_at = number / 20
        if (wait_s := padding.wait_s(arrives_at - 1 / 20)) is not None and wait_s < 1 / 20:  # as `Output` does
            sent += len(padding.due(arrives_at - 1 / 20 + wait_s))
        sent += len(padding.add(b"data: token\n\n", arrives_at))
    assert sent / 300 == pytest.approx(PADDING_BYTES * 2 / 3, rel=0.02)  # in 150 ms: three tokens, two flushes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "stream-openai")


@pytest.fixture(scope="module")
def function(way: Front, folder: Path, server: Upstream) -> Iterator[Running]:
    with serve(way, folder, openai_base_url=server.url) as running:
        yield running


def ask(function: Running, accept: str | None) -> Caller:
    """The request of a client that sends this Accept header, and asks for a stream in the body."""
    target = urlsplit(function.url)
    assert target.port
    headers: Headers = (("Content-Type", "application/json"), *((("Accept", accept),) if accept else ()))
    body = json.dumps({"prompt": "hi", "stream": True}).encode()
    return Caller(target.port).post(body, headers, f"{target.path}/")


def read_until(response: HTTPResponse, received: bytes, expected: bytes) -> bytes:
    while expected not in received:
        more = response.read1(65_536)
        assert more, f"the answer has ended before {expected!r}"
        received += more
    return received


@pytest.mark.parametrize(
    "accept",
    [
        EXACT,
        None,
        "*/*",
        "application/json",
        "application/json, text/event-stream",
        "text/event-stream, */*",
        "TEXT/EVENT-STREAM",
        "text/event-stream;charset=utf-8",
    ],
)
def test_each_delta_arrives_before_upstream_sends_the_next(
    way: Front, function: Running, upstream: Upstream, accept: str | None
) -> None:
    if way.name.startswith("faasd") and accept and accept.startswith(EXACT) and accept != EXACT:
        # The gateway flushes, but the provider copies: Go's chunked reader in the gateway waits for the end of a chunk,
        # which is in the provider's buffer. Padding does not help: in two of three answers, the first delta comes with
        # the second.
        pytest.skip("faasd's two hops disagree about an Accept that only begins with text/event-stream")
    has_received = threading.Semaphore(0)

    def one_by_one(call: Call) -> None:
        for delta in DELTAS:
            call.delta(delta)
            assert has_received.acquire(timeout=60), f"the client has not received {delta!r}"
        call.finish()

    upstream.script = one_by_one
    with ask(function, accept) as caller:
        response, body = caller.response(), b""
        for delta in DELTAS:
            last_line = delta.rpartition("\n")[2]
            body = read_until(response, body, f"data: {last_line}\n".encode())
            has_received.release()
        body += response.read()
    assert body.endswith(b"data: [DONE]\n\n")
    is_padded = way.name != "direct" and accept != EXACT
    assert (len(body) > len(DELTAS) * PADDING_BYTES) == is_padded
    assert (len(body) < 600) != is_padded


def test_without_padding_the_watchdog_holds_everything_back(folder: Path, upstream: Upstream) -> None:
    is_over = threading.Event()

    def wait(call: Call) -> None:
        call.delta(*DELTAS)
        assert is_over.wait(20)
        call.finish()

    upstream.script = wait
    with (
        serve(obtain("standin"), folder, openai_base_url=upstream.url, pad_buffered_clients="false") as function,
        ask(function, "*/*") as caller,
    ):
        upstream.wait_for_call()
        assert caller.hears_nothing(A_WHILE_S)
        is_over.set()
        assert caller.response().read().endswith(b"data: [DONE]\n\n")

"""Capacity: max_streams handlers and answers at work. A further request gets 429 at once, before its handler runs."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.faults.client import DOCUMENT, PAGE, SSE, Client, asks_no_more
from tests.faults.gate import Gate
from tests.faults.kinds import KINDS
from tests.faults.places import admit, admitted, held, wait_until_all_are_free
from tests.faults.scripts import first, last, play, silence_until
from tests.fronts import DIRECT, serve
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream

PLACES = 3
SETTINGS = {"max_streams": str(PLACES), "commit_after": "200ms", "heartbeat_interval": "200ms"}
USED = KINDS


@contextmanager
def all_in_use(function: Running, upstream: Upstream) -> Iterator[None]:
    """Three open answers: one that flows, one that waits for its first item, one for a document."""
    ends = threading.Event()
    upstream.script = play(first, silence_until(ends))
    cases = [("/async_openai", SSE), ("/relayed", SSE), ("/generator", DOCUMENT)]
    with ExitStack() as stack:
        for number, (path, accept) in enumerate(cases, start=1):
            ask_for_it = partial(Client, function, path, accept=accept)
            stack.enter_context(admit(ask_for_it, partial(_has_calls, upstream, number)))
        yield
    ends.set()
    wait_until_all_are_free(function, PLACES)


def _has_calls(upstream: Upstream, number: int) -> bool:
    return len(upstream.calls) >= number


def assert_is_refused(client: Client) -> None:
    with client:
        assert client.status == 429
        assert client.response.headers["Retry-After"] == "1"
        assert client.code() == "at_capacity"
        record = client.record()
        assert (record["status"], record["outcome"]) == (429, "at_capacity")


@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["SSE", "JSON"])
def test_one_more_is_refused_at_once(function: Running, upstream: Upstream, accept: str) -> None:
    with all_in_use(function, upstream):
        for kind in KINDS:
            began = time.monotonic()
            assert_is_refused(Client(function, f"/{kind}", accept=accept))
            assert time.monotonic() - began < 5, f"{kind}: refused only after another answer's end"
        assert len(upstream.calls) == PLACES


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("accept", [SSE, DOCUMENT, PAGE, f"{PAGE},*/*;q=0.8", "*/*", "image/png"])
def test_no_handler_runs_past_the_limit_whatever_the_method_and_accept(
    function: Running, method: str, accept: str
) -> None:
    with held(function, PLACES), Client(function, "/short/counted", method=method, accept=accept) as client:
        assert client.status == 429
        assert client.response.headers["Retry-After"] == "1"
    assert f"the handler ran for {method} {accept}" not in function.output()


def test_what_is_public_and_the_templates_own_answers_need_no_place(function: Running) -> None:
    with held(function, PLACES):
        for path, method in [("/short/public", "GET"), ("/short/public", "HEAD"), ("/-/ready", "GET")]:
            with Client(function, path, method=method, accept=PAGE) as client:
                assert client.status == 200, (path, method)


def test_a_page_needs_its_place_no_longer_than_its_handler_runs(function: Running) -> None:
    with held(function, PLACES - 1):
        for _ in range(10):
            with Client(function, "/short/page", method="GET", accept=PAGE) as client:
                assert (client.status, client.read_all()) == (200, b"<p>a page</p>")


REFUSED = {"an Accept that nothing fits": ("", "image/png", 406), "an unknown format": ("?format=nope", SSE, 400)}


@pytest.mark.parametrize("kind", ["async_openai", "async_openai/called", "async_openai/iterated", "generator"])
@pytest.mark.parametrize(("query", "accept", "status"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_cannot_be_answered_is_never_sent_upstream(
    function: Running, upstream: Upstream, kind: str, query: str, accept: str, status: int
) -> None:
    with Client(function, f"/{kind}{query}", accept=accept) as client:
        assert client.status == status
    assert asks_no_more(upstream, 0, for_s=0.3)
    assert not [line for line in function.output() if "never awaited" in line]


@pytest.mark.parametrize("path", ["/flood/sized", "/faulty/later", "/faulty/at_once", "/faulty/relayed"])
def test_a_place_is_free_again_however_a_stream_ended(function: Running, path: str) -> None:
    for _ in range(PLACES + 1):
        with Client(function, path, "1" if "flood" in path else "ValueError") as client:
            client.read_all()
            assert client.record()["outcome"] != "at_capacity"


def test_a_place_is_free_again_after_its_client_disconnects(function: Running, upstream: Upstream) -> None:
    for _ in range(2):
        with all_in_use(function, upstream):
            assert_is_refused(Client(function, "/generator"))
        upstream.calls.clear()


@pytest.mark.parametrize("path", ["/blocked/source", "/blocked/handler"])
def test_a_thread_that_blocks_after_its_client_has_disconnected_keeps_its_place(
    function: Running, tmp_path: Path, path: str
) -> None:
    gates = [Gate(tmp_path, f"gate-{number}") for number in range(PLACES)]
    clients = [admit(partial(Client, function, path, str(gate.path)), gate.is_reached) for gate in gates]
    for client in clients:
        client.disconnect()
        assert client.record()["outcome"] == "client_disconnected"
    assert_is_refused(Client(function, "/flood/sized", "1"))
    for number, gate in enumerate(gates, start=1):
        gate.open()
        wait_until(partial(_are_admitted, function, number), f"{number} places are free")


def _are_admitted(function: Running, number: int) -> bool:
    return admitted(function, PLACES) == number


@pytest.mark.parametrize("path", ["/flood/sized", "/relayed", "/async_openai", "/short/page"])
def test_a_client_that_sends_one_request_after_another_is_never_refused(
    folder: Path, server: Upstream, path: str
) -> None:
    """max_streams is 1, and the place is free again when the client has the last byte."""
    server.script = play(first, last)
    with serve(DIRECT, folder, SETTINGS, max_streams="1", openai_base_url=server.url) as running:
        for _ in range(30):
            with Client(running, path, "1") as client:
                assert client.status == 200
                client.read_all()

"""`async def handle` runs in the event loop with access to the request, and every promise of the lifecycle holds."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.client import BEAT, DOCUMENT, Client, ask, clients_of
from tests.faults.disconnecting import NOTICED_WITHIN_S
from tests.faults.places import PLACES
from tests.faults.scripts import first, flow, play, silence
from tests.faults.test_whole_streams import assert_is_cut, assert_is_passed_through
from tests.fronts import Front, serve
from tests.platform.running import Running
from tests.upstream import Call, Script, Upstream

SETTINGS = {
    "heartbeat_interval": "100ms", "commit_after": "200ms", "stream_timeout": "8s", "max_streams": str(PLACES),
}  # fmt: skip
WHOLE = b"data: first\n\ndata: last\n\ndata: [DONE]\n\n"


@pytest.fixture(scope="module")
def function(
    front: Front, server: Upstream, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The same function, with the async handler in place of the other."""
    asynchronous = tmp_path_factory.mktemp("async") / "fn"
    shutil.copytree(folder, asynchronous)
    (asynchronous / "function" / "handler.py").write_text("from .async_handler import handle\n\n__all__ = ['handle']\n")
    with serve(front, asynchronous, SETTINGS, openai_base_url=server.url) as running:
        ask(running, "/streams")
        yield running


@pytest.mark.parametrize("path", ["/streams", "/awaits"])
def test_an_async_handler_streams(function: Running, upstream: Upstream, path: str) -> None:
    with Client(function, path) as client:
        assert client.read_all() == WHOLE
        assert client.record()["outcome"] == "complete"
    assert len(upstream.calls) == 1


def test_an_async_handler_may_return_what_flask_accepts(function: Running) -> None:
    with Client(function, "/text", accept=DOCUMENT) as client:
        assert client.read_all().decode() == f"text for {client.call_id}"


def test_an_async_handler_may_return_a_response_with_a_sync_generator(function: Running) -> None:
    with Client(function, "/relayed", "hi") as client:
        assert client.read_all() == b"data: hi\n\ndata: [DONE]\n\n"
        assert client.record()["outcome"] == "complete"


def test_an_async_handler_passes_an_event_stream_through(function: Running, upstream: Upstream) -> None:
    with Client(function, "/passed") as client:
        assert_is_passed_through(client)
    upstream.script = play(first, Call.cut)
    with Client(function, "/passed") as client:
        assert_is_cut(client)


@pytest.mark.parametrize(
    "situation", [silence, play(first, silence), play(first, flow)], ids=["first", "silent", "flow"]
)
def test_a_disconnect_closes_an_event_stream_that_is_passed_through(
    function: Running, upstream: Upstream, situation: Script
) -> None:
    upstream.script = situation
    with Client(function, "/passed") as client:
        call = upstream.wait_for_call()
    assert call.disconnected.wait(NOTICED_WITHIN_S)
    assert client.record()["outcome"] == "client_disconnected"


def test_an_async_handler_is_cancelled_when_its_client_disconnects(function: Running) -> None:
    with Client(function, "/silent") as client:
        client.until(BEAT * 3)
    assert client.record()["outcome"] == "client_disconnected"
    function.wait_for_line("the handler was cancelled")


@pytest.mark.parametrize("path", ["/streams", "/awaits"])
def test_a_disconnect_while_an_async_handler_waits_for_upstream_closes_its_call(
    function: Running, upstream: Upstream, path: str
) -> None:
    upstream.script = silence
    with Client(function, path) as client:
        client.until(BEAT)
        call = upstream.wait_for_call()
    assert call.disconnected.wait(3)
    assert client.record()["outcome"] == "client_disconnected"
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("error", ["SystemExit", "StopIteration", "CancelledError", "ValueError"])
def test_an_error_of_an_async_handler_ends_its_own_answer_alone(function: Running, error: str) -> None:
    with Client(function, "/silent") as other:
        other.until(BEAT)
        with Client(function, "/raises", error) as client:
            assert (client.status, client.code()) == (500, "internal_error")
            assert client.record()["outcome"] == "internal_error"
        with Client(function, "/raises", error, accept=DOCUMENT) as client:
            assert (client.status, client.code()) == (500, "internal_error")
        other.until(BEAT * 20)


def test_an_async_handler_that_blocks_the_event_loop_is_named_in_the_log(function: Running) -> None:
    ask(function, "/blocks_before_it_returns", "0.6", accept=DOCUMENT)
    function.wait_for_line("blocked.*(async_handler|handle)|(async_handler|handle).*blocked")


def test_the_deadline_ends_an_async_handler(function: Running) -> None:
    with Client(function, "/silent") as client, Client(function, "/silent", accept=DOCUMENT) as document:
        assert (client.status, client.code()) == (200, "deadline_exceeded")
        assert (document.status, document.code()) == (504, "deadline_exceeded")


def test_many_async_handlers_run_at_a_time(function: Running, upstream: Upstream) -> None:
    with clients_of(function, ["streams", "awaits"], map(str, range(20))) as clients:
        for client in clients.values():
            assert client.read_all() == WHOLE
    assert len(upstream.calls) == 40

"""A client disconnects: upstream's connection is closed and the place is free again, whatever the answer waits for."""

import socket
import threading
from pathlib import Path

import pytest

from tests.faults.client import DOCUMENT, SSE, Client, SlowClient, ask, asks_no_more, clients_of
from tests.faults.disconnecting import NOTICED_WITHIN_S, assert_all_may_disconnect
from tests.faults.gate import Gate
from tests.faults.kinds import KINDS, STREAMED
from tests.faults.places import PLACES, wait_until_all_are_free
from tests.faults.process import port_of, unsent_by_kernel
from tests.faults.scripts import first, flood, flow, last, play, silence, wait_for
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Call, Script, Upstream

SETTINGS = {"heartbeat_interval": "100ms", "commit_after": "200ms", "max_streams": str(PLACES)}
USED = KINDS


@pytest.mark.parametrize(("accept", "kinds"), [(SSE, KINDS), (DOCUMENT, STREAMED)], ids=["SSE", "JSON"])
def test_a_disconnect_ends_the_call_upstream_and_frees_the_place(
    function: Running, upstream: Upstream, accept: str, kinds: list[str]
) -> None:
    assert_all_may_disconnect(function, upstream, accept, kinds)
    assert not [line for line in function.output() if "Traceback" in line]


def test_a_disconnect_before_the_first_byte_is_no_error(function: Running, tmp_path: Path) -> None:
    gates = {accept: Gate(tmp_path, name) for accept, name in ((SSE, "sse"), (DOCUMENT, "json"))}
    clients = [Client(function, "/blocked/handler", str(gate.path), accept=accept) for accept, gate in gates.items()]
    for gate in gates.values():
        gate.wait_until_reached()
    for client in clients:
        client.disconnect()
        assert client.record()["outcome"] == "client_disconnected"
    for gate in gates.values():
        gate.open()
    wait_until_all_are_free(function)
    assert not [line for line in function.output() if "Traceback" in line]


def test_a_generator_that_blocks_is_closed_as_soon_as_it_returns(function: Running, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with Client(function, "/blocked/source", str(gate.path)) as client:
        client.until(b"data: first\n\n")
        gate.wait_until_reached()
    assert client.record()["outcome"] == "client_disconnected"
    assert ask(function, "/flood/sized", "1").endswith(b"data: [DONE]\n\n")
    closed = f"closed {gate.path}"
    assert closed not in function.output()
    gate.open()
    function.wait_for_line(closed)


def test_a_generator_that_sleeps_is_closed_as_soon_as_it_wakes(function: Running) -> None:
    with Client(function, "/blocked/pause", "3.0") as client:
        client.until(b"data: first\n\n")
    assert client.record()["outcome"] == "client_disconnected"
    function.wait_for_line("closed after 3.0")
    logged = [line for line in function.output() if client.call_id in line or line == "closed after 3.0"]
    assert logged[-1] == "closed after 3.0"


@pytest.mark.parametrize("kind", ["async_openai", "sync_openai"])
def test_after_a_disconnect_an_sdk_sends_no_retry(function: Running, upstream: Upstream, kind: str) -> None:
    def refuse_once(call: Call) -> None:
        if len(upstream.calls) == 1:
            call.refuse(500, headers=[("Retry-After", "1")])
        else:
            call.wait_for_disconnect()

    upstream.script = refuse_once
    with Client(function, f"/{kind}") as client:
        assert upstream.wait_for_call().ended.wait(10)
    assert client.record()["outcome"] == "client_disconnected"
    assert asks_no_more(upstream, 1, for_s=2)


@pytest.mark.parametrize("kind", ["async_openai", "sync_openai", "sync_openai/iterated"])
@pytest.mark.parametrize(
    "situation",
    [silence, play(first, silence), play(first, flow)],
    ids=["before its headers", "between items", "in flow"],
)
def test_after_a_disconnect_an_sdk_does_not_retry_its_closed_connection(
    function: Running, upstream: Upstream, kind: str, situation: Script
) -> None:
    upstream.script = situation
    with Client(function, f"/{kind}"):
        call = upstream.wait_for_call()
    assert call.disconnected.wait(NOTICED_WITHIN_S)
    assert asks_no_more(upstream, 1, for_s=1.5)  # the SDK's pause before a retry is 0.5 s to 1 s


@pytest.mark.parametrize("kind", ["async_openai", "async_openai/iterated", "sync_openai", "sync_openai/iterated"])
def test_a_generator_suspended_at_its_yield_closes_its_stream(function: Running, upstream: Upstream, kind: str) -> None:
    """The generator waits at its yield because its client takes nothing. Its SDK's stream must be closed at once."""

    upstream.script = flood
    port = port_of(function)
    with SlowClient(function, f"/{kind}"):
        wait_until(lambda: any(unsent_by_kernel(port)), "the client is stuck")
        (call,) = upstream.calls
        assert not call.disconnected.is_set()
    assert call.disconnected.wait(NOTICED_WITHIN_S)


def test_a_client_that_closes_half_a_connection_has_disconnected(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, silence)
    with SlowClient(function, "/async_openai") as client:
        upstream.wait_for_call()
        client.socket.shutdown(socket.SHUT_WR)
        assert client.record()["outcome"] == "client_disconnected"
    assert upstream.wait_for_call().disconnected.wait(5)


def test_the_others_read_on_after_one_disconnects(function: Running, upstream: Upstream) -> None:
    gone = threading.Event()
    upstream.script = play(first, wait_for(gone), last)
    with clients_of(function, KINDS) as clients:
        for client in clients.values():
            client.until(b"data: first\n\n")
        with Client(function, "/async_openai") as leaving:
            leaving.until(b"data: first\n\n")
        assert leaving.record()["outcome"] == "client_disconnected"
        gone.set()
        for case, client in clients.items():
            assert client.read_all().endswith(b"data: last\n\ndata: [DONE]\n\n"), case


def test_cancelling_many_at_once_closes_every_call(function: Running, upstream: Upstream) -> None:
    number = PLACES - 1
    upstream.script = play(first, lambda call: call.wait_for_disconnect())
    with clients_of(function, ["async_openai"], map(str, range(number)), accept=SSE) as clients:
        for client in clients.values():
            client.until(b"data: first\n\n")
    assert all(call.disconnected.wait(5) for call in upstream.calls)
    assert {client.record()["outcome"] for client in clients.values()} == {"client_disconnected"}
    wait_until_all_are_free(function)
    assert len(upstream.calls) == number

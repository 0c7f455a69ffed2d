"""Clients that get padding and never read: each holds bounded memory, and nothing that serves others waits for it."""

from tests.faults.client import BEAT, Client
from tests.faults.process import KIB, connections, forget_peak_memory, memory, peak_memory, pid_of, port_of
from tests.faults.scripts import as_prompted, first, play, silence
from tests.faults.stuck import stuck
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Call, Upstream

MIB = 1024 * KIB
SETTINGS = {
    "write_stall_timeout": "6s", "write_timeout": "60s", "heartbeat_interval": "200ms", "commit_after": "5s",
    "pad_buffered_clients": "true", "upstream_idle_timeout": "15s",
}  # fmt: skip
USED = ["async_openai"]
STUCK = 10
BUFFERED = "*/*"
"""The Accept of a client that gets padding."""


def large_items(call: Call) -> None:
    """Items of 900 KB without end, as fast as they are taken: the kernel's buffers hold 40 MB of them."""
    while True:
        call.delta("x" * 900_000)


def test_padded_clients_that_never_read_hold_up_nobody(function: Running, upstream: Upstream) -> None:
    upstream.script = as_prompted({"burst": play(first, large_items), "silent": play(first, silence)})
    with stuck(function, 5, ["/async_openai"], "burst", BUFFERED) as (clients, _):
        with (
            Client(function, "/async_openai", "silent") as staying,
            Client(function, "/async_openai", "silent") as leaving,
        ):
            leaving.until(BEAT * 3)
            leaving.disconnect()
            assert leaving.record()["outcome"] == "client_disconnected"
            staying.until(BEAT * 10)
            assert staying.code() == "upstream_timeout"
        for client in clients:
            record = client.record()
            assert record["outcome"] == "write_stalled", record
        wait_until(lambda: connections(port_of(function)) == 0, "the connections are closed")
    assert all(call.disconnected.wait(5) for call in upstream.calls)


def test_padded_clients_that_never_read_hold_little_more_than_an_item_each(
    function: Running, upstream: Upstream
) -> None:
    upstream.script = play(first, large_items)
    pid = pid_of(function)
    forget_peak_memory(pid)
    before = memory(pid)
    with stuck(function, STUCK, ["/async_openai"], "burst", BUFFERED) as (clients, _):
        for client in clients:
            record = client.record()
            assert record["outcome"] == "write_stalled", record
    assert (peak_memory(pid) - before) / STUCK < 2.5 * MIB  # the item, its frame, and 256 KiB

"""`on_end(record)` runs once per answer, however it ends, in the request's thread and once that thread is free."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.faults.client import BEAT, DOCUMENT, SSE, Client, SlowClient, ask
from tests.faults.conftest import warm_up
from tests.faults.gate import Gate
from tests.faults.scripts import first, play, silence
from tests.fronts import DIRECT, serve
from tests.platform.deadline import wait_until
from tests.platform.ports import is_open
from tests.platform.running import Running
from tests.upstream import USAGE, Upstream

SETTINGS = {
    "heartbeat_interval": "100ms", "commit_after": "200ms", "upstream_idle_timeout": "4s", "stream_timeout": "12s",
    "write_stall_timeout": "2s", "max_record": "64KiB", "max_streams": "20",
}  # fmt: skip
USED = ["ending/asynchronous", "ending/synchronous"]


def on_end_of(function: Running, client: Client | SlowClient) -> dict[str, Any]:
    """The record that `on_end` got, once it has run. It must have run once."""
    line = function.wait_for_line(f'^on_end .*"call_id": "{client.call_id}"')
    client.record()
    assert sum(line.startswith("on_end ") and client.call_id in line for line in function.output()) == 1
    record: dict[str, Any] = json.loads(line.removeprefix("on_end "))
    assert record["in_its_thread"], "on_end ran in another thread than the handler"
    logged = client.record()
    for name in ("status", "outcome", "finish_reason", "usage"):
        assert record[name] == logged[name], name
    return record


@pytest.mark.parametrize("accept", [SSE, DOCUMENT], ids=["SSE", "JSON"])
@pytest.mark.parametrize("kind", ["asynchronous", "synchronous"])
def test_a_whole_answer(function: Running, kind: str, accept: str) -> None:
    with Client(function, f"/ending/{kind}", accept=accept) as client:
        client.read_all()
        record = on_end_of(function, client)
    assert (record["status"], record["outcome"], record["finish_reason"]) == (200, "complete", "stop")
    assert (record["text"], record["usage"]) == ("firstlast", USAGE)
    assert 0 < record["time_to_first_item_s"] <= record["duration_s"]
    assert not record["tool_calls"]


def test_tool_calls_are_put_together(function: Running, upstream: Upstream) -> None:
    def call_tool(call: Any) -> None:
        piece = {"index": 0, "id": "call-1", "type": "function", "function": {"name": "add", "arguments": '{"a"'}}
        call.chunk({"tool_calls": [piece]})
        call.chunk({"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]})
        call.finish("tool_calls")

    upstream.script = call_tool
    with Client(function, "/ending/asynchronous") as client:
        client.read_all()
        record = on_end_of(function, client)
    (tool_call,) = record["tool_calls"]
    assert (tool_call["id"], tool_call["name"], tool_call["arguments"]) == ("call-1", "add", '{"a": 1}')
    assert record["finish_reason"] == "tool_calls"


def test_a_source_that_raises(function: Running) -> None:
    with Client(function, "/ending/raises") as client:
        client.read_all()
        record = on_end_of(function, client)
    assert (record["outcome"], record["text"]) == ("internal_error", "an item")


@pytest.mark.parametrize("kind", ["asynchronous", "synchronous"])
def test_a_refusal_of_upstream(function: Running, upstream: Upstream, kind: str) -> None:
    """The sync SDK raises before there is a stream, and so before there is an `on_end`."""
    upstream.script = lambda call: call.refuse(404)
    with Client(function, f"/ending/{kind}") as client:
        assert client.code() == "upstream_rejected"
        if kind == "asynchronous":
            assert on_end_of(function, client)["status"] == 502
        assert client.record()["outcome"] == "upstream_rejected"


@pytest.mark.parametrize("kind", ["asynchronous"])
def test_a_client_that_disconnects(function: Running, upstream: Upstream, kind: str) -> None:
    upstream.script = play(first, silence)
    with Client(function, f"/ending/{kind}") as client:
        client.until(b"data: first\n\n")
    record = on_end_of(function, client)
    assert (record["outcome"], record["text"]) == ("client_disconnected", "first")


def test_a_silent_upstream(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, silence)
    with Client(function, "/ending/asynchronous") as client:
        assert client.code() == "upstream_timeout"
        assert on_end_of(function, client)["outcome"] == "upstream_timeout"


def test_a_stuck_client(function: Running) -> None:
    with SlowClient(function, "/ending/large", "50000") as client:
        record = on_end_of(function, client)
    assert record["outcome"] == "write_stalled"
    assert 0 < record["characters"] <= 64 * 1024


def test_text_beyond_max_record_is_left_out(function: Running) -> None:
    with Client(function, "/ending/large", "100") as client:
        assert client.read_all().count(b"x") == 100 * 1024
        record = on_end_of(function, client)
    assert 0 < record["characters"] <= 64 * 1024


def test_it_runs_once_a_blocked_thread_is_free(function: Running, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with Client(function, "/ending/blocked", str(gate.path)) as client:
        client.until(BEAT)
        gate.wait_until_reached()
    assert client.record()["outcome"] == "client_disconnected"
    assert not [line for line in function.output() if line.startswith("on_end ") and client.call_id in line]
    gate.open()
    record = on_end_of(function, client)
    assert (record["outcome"], record["text"]) == ("client_disconnected", "first")


@pytest.mark.parametrize("outcome", ["client_disconnected", "upstream_timeout"])
def test_it_runs_for_a_stream_that_comes_after_the_answers_end(function: Running, tmp_path: Path, outcome: str) -> None:
    gate = Gate(tmp_path)
    with Client(function, "/ending/late", str(gate.path), accept=DOCUMENT) as client:
        gate.wait_until_reached()
        if outcome == "upstream_timeout":
            assert client.code() == outcome
    assert client.record()["outcome"] == outcome
    gate.open()
    record = on_end_of(function, client)
    assert (record["outcome"], record["text"]) == (outcome, "")


def test_an_on_end_that_raises_leaves_the_answer_whole_and_a_traceback(function: Running) -> None:
    with Client(function, "/ending/itself_raises") as client:
        assert client.read_all() == b"data: whole\n\ndata: [DONE]\n\n"
        assert client.record()["outcome"] == "complete"
    function.wait_for_line("RuntimeError", stream="stderr")


def test_an_on_end_may_block_after_the_last_byte(function: Running, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with Client(function, "/ending/itself_blocks", str(gate.path)) as client:
        assert client.read_all() == b"data: whole\n\ndata: [DONE]\n\n"
        gate.wait_until_reached()
        assert ask(function, "/ending/strings").endswith(b"data: [DONE]\n\n")
        gate.open()
        function.wait_for_line("on_end has waited")


def test_the_end_of_the_process_waits_for_it(folder: Path, server: Upstream, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with serve(DIRECT, folder, SETTINGS, openai_base_url=server.url) as running:
        warm_up(running, "/ending/strings")
        with Client(running, "/ending/itself_blocks", str(gate.path)) as client:
            assert client.read_all() == b"data: whole\n\ndata: [DONE]\n\n"
        gate.wait_until_reached()
        running.terminate()
        wait_until(lambda: not is_open(running.port), "the port is closed")
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(2)
        gate.open()
        assert running.wait() == 0
        assert "on_end has waited" in running.output()


def test_the_end_of_the_process_waits_for_it_no_longer_than_drain_timeout(
    folder: Path, server: Upstream, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    with serve(DIRECT, folder, SETTINGS, drain_timeout="1s", openai_base_url=server.url) as running:
        warm_up(running, "/ending/strings")
        with Client(running, "/ending/itself_blocks", str(gate.path)) as client:
            client.read_all()
        gate.wait_until_reached()
        running.terminate()
        assert running.wait() == 0
        assert "on_end has waited" not in running.output()

"""Chains and agents of the real packages in a function: whole answers, cut ones, and clients that disconnect."""

import json
from typing import Any

import pytest

from tests.faults.client import Client, ask
from tests.graphs.conftest import WHOLE
from tests.graphs.function.sources import AGENTS, CHAINS, NAMES
from tests.graphs.scripts import ARGUMENTS, converse, cut, say
from tests.platform.running import Running
from tests.sources.answers import events
from tests.upstream import Call, Upstream

SCRIPT = WHOLE


def silence(call: Call) -> None:
    call.delta("first")
    call.wait_for_disconnect()


def read(running: Running, name: str) -> list[tuple[str, Any]]:
    """The events of an answer in the format `json`."""
    return [(event.event, json.loads(event.data)) for event in events(ask(running, f"/{name}?format=json"))]


def joined(named_events: list[tuple[str, Any]], event: str, member: str) -> str:
    return "".join(data[member] for name, data in named_events if name == event)


@pytest.mark.usefixtures("upstream")
@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_is_its_text(function: Running, name: str) -> None:
    named_events = read(function, name)
    assert joined(named_events, "message", "text") == "fine"
    assert named_events[-1][0] == "end"


@pytest.mark.usefixtures("upstream")
@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_calls_its_tool_and_then_answers(function: Running, name: str) -> None:
    named_events = read(function, name)
    assert joined(named_events, "message", "text") == "Hello"
    calls = [data for name, data in named_events if name == "tool_call"]
    assert (calls[0]["id"], calls[0]["name"]) == ("call_1", "consult")
    assert joined(named_events, "tool_call", "arguments") == ARGUMENTS
    assert [data for name, data in named_events if name == "tool_result"] == [
        {"id": "call_1", "name": "consult", "result": "fine"}
    ]
    assert named_events[-1][0] == "end"
    assert named_events[-1][1]["finish_reason"] == "stop"
    started = [data["name"] for name, data in named_events if name == "step" and data["state"] == "started"]
    finished = [data["name"] for name, data in named_events if name == "step" and data["state"] == "finished"]
    assert sorted(started) == sorted(finished)


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_of_the_models_stream_is_an_error(function: Running, upstream: Upstream, name: str) -> None:
    upstream.script = converse(in_tool=cut if name in CHAINS else lambda call: say(call, "fine"), at_end=cut)
    named_events = read(function, name)
    if name in ("chain/sync", "chain/async"):  # these chains yield only strings
        assert named_events[-1][0] == "end"
    else:
        assert named_events[-1] == ("error", {"code": "upstream_error", "message": "The model's provider failed."})


@pytest.mark.parametrize("name", NAMES)
def test_a_disconnect_reaches_the_models_request(function: Running, upstream: Upstream, name: str) -> None:
    """In agents it is the request that the tool makes, in the agent's thread or in one of the tool's."""
    upstream.script = converse(in_tool=silence)
    calls = 1 if name in CHAINS else 2
    with Client(function, f"/{name}?format=json"):
        upstream.wait_for_call(calls)
    assert upstream.calls[calls - 1].disconnected.wait(30), f"{name}: the request to the model is still open"


@pytest.mark.parametrize("name", AGENTS)
def test_a_disconnect_reaches_the_request_of_the_agents_model(function: Running, upstream: Upstream, name: str) -> None:
    upstream.script = converse(in_tool=lambda call: say(call, "fine"), at_end=silence)
    with Client(function, f"/{name}?format=json"):
        upstream.wait_for_call(3)
    assert upstream.calls[2].disconnected.wait(30), f"{name}: the request to the model is still open"

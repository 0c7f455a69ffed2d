"""A failure of upstream is an error of the client's own kind, and the function does not retry the request."""

from collections.abc import Callable

import pytest

from tests.clients.catalogue import ALL, OF_OPENAI, Nodes
from tests.clients.reports import Delta, End, Failed, Question, Report
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FITTING = [
    *(("stream-openai", name) for name in ALL),
    *(("openai-proxy", name) for name in OF_OPENAI),
]
fitting = pytest.mark.parametrize(("function", "name"), FITTING, indirect=["function"])


def ask(function: Running, name: str, nodes: Nodes) -> list[Report]:
    client = ALL[name]
    return list(client.ask_by(nodes)(Question(function.url, "hi", query={"format": client.format})))


@fitting
def test_the_clients_own_error_has_the_status(function: Running, upstream: Upstream, name: str, nodes: Nodes) -> None:
    upstream.script = lambda call: call.refuse(429, headers=[("Retry-After", "7")])
    (report,) = ask(function, name, nodes)
    assert isinstance(report, Failed)
    assert report.name == ALL[name].refused
    assert report.status == (429 if "exit" not in report.name and name not in STATUS_UNKNOWN else None)
    assert len(upstream.calls) == 1


STATUS_UNKNOWN = [name for name, client in ALL.items() if client.refused == "Error"]
"""The AI SDK's transport throws only the error's body before release 7."""


def fail(call: Call) -> None:
    call.delta("half", " an answer")
    call.frame({"error": {"message": "no", "type": "server_error", "code": "c", "param": None}})
    call.end()


def break_off(call: Call) -> None:
    call.delta("half", " an answer")
    call.cut()


def end_early(call: Call) -> None:
    call.delta("half", " an answer")
    call.end()


@fitting
@pytest.mark.parametrize("script", [fail, break_off, end_early])
def test_a_stream_that_fails_is_no_complete_answer(
    function: Running,
    upstream: Upstream,
    name: str,
    nodes: Nodes,
    script: Callable[[Call], None],
) -> None:
    upstream.script = script
    reports = ask(function, name, nodes)
    failures = [item for item in reports if isinstance(item, Failed)]
    # A break can take the half that was sent with it, and is an error response then.
    expected = ALL[name].broken if script is not break_off else failures[0].name
    assert [failure.name for failure in failures] == [expected]
    assert "half an answer".startswith("".join(item.text for item in reports if isinstance(item, Delta)))
    assert all(item.reason == "error" for item in reports if isinstance(item, End))
    assert len(upstream.calls) == 1

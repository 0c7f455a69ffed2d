"""What goes wrong upstream is an error of the client's own kind, and is not tried again behind its back."""

from collections.abc import Callable

import pytest

from tests.clients.catalogue import ALL, OF_OPENAI, Nodes
from tests.clients.told import Delta, End, Failed, Question, Told
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FITTING = [
    *(("stream-openai", name) for name in ALL),
    *(("openai-proxy", name) for name in OF_OPENAI),
]
fitting = pytest.mark.parametrize(("function", "name"), FITTING, indirect=["function"])


def ask(function: Running, name: str, nodes: Nodes) -> list[Told]:
    client = ALL[name]
    return list(client.ask_by(nodes)(Question(function.url, "hi", query={"format": client.format})))


@fitting
def test_the_clients_own_error_has_the_status(function: Running, upstream: Upstream, name: str, nodes: Nodes) -> None:
    upstream.script = lambda call: call.refuse(429, headers=[("Retry-After", "7")])
    (told,) = ask(function, name, nodes)
    assert isinstance(told, Failed)
    assert told.name == ALL[name].refused
    assert told.status == (429 if "exit" not in told.name and name not in STATUS_UNTOLD else None)
    assert len(upstream.calls) == 1


STATUS_UNTOLD = [name for name, client in ALL.items() if client.refused == "Error"]
"""Before its seventh release the AI SDK's transport throws the error's body alone."""


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
    told = ask(function, name, nodes)
    failures = [item for item in told if isinstance(item, Failed)]
    # A break can take the half that was sent with it, and is an error response then.
    expected = ALL[name].broken if script is not break_off else failures[0].name
    assert [failure.name for failure in failures] == [expected]
    assert "half an answer".startswith("".join(item.text for item in told if isinstance(item, Delta)))
    assert all(item.reason == "error" for item in told if isinstance(item, End))
    assert len(upstream.calls) == 1

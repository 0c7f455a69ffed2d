"""Every client reads every function that it fits: the whole text, each delta live, one call of upstream's a prompt."""

import threading
from collections.abc import Iterator

import pytest

from tests.clients.catalogue import ALL, OF_OPENAI, Nodes
from tests.clients.told import Delta, End, Question, Told
from tests.platform.running import Running
from tests.upstream import USAGE, Call, Upstream

DELTAS = ["Calorie", " dense\n\n- nuts 🥜\n", "- 油\u2028 and", "\n```py\nx = 1\n```"]
EXACT = {"Accept": "text/event-stream"}
FITTING = [
    *(("stream-openai", name) for name in ALL),
    *(("stream-langchain", name) for name in ALL),
    *(("openai-proxy", name) for name in OF_OPENAI),
]
SENDING_ANOTHER_ACCEPT = ["openai", "openai-async", "npm-openai", "npm-ai", "npm-ai-chat-transport", "curl-json"]


class LiveScript:
    """Sends a delta, and the next one only when the client has told of it."""

    def __init__(self) -> None:
        self._seen = threading.Semaphore(0)

    def __call__(self, call: Call) -> None:
        call.chunk({"role": "assistant", "content": ""})
        for delta in DELTAS:
            call.delta(delta)
            assert self._seen.acquire(timeout=20), f"the client has not told of {delta!r}"
        call.finish()

    def read(self, told: Iterator[Told]) -> list[Told]:
        """All that the client tells."""
        found = []
        for item in told:
            found.append(item)
            if isinstance(item, Delta):
                self._seen.release()
        return found


def assert_live_and_whole(function: Running, upstream: Upstream, name: str, nodes: Nodes, **how: str) -> None:
    client = ALL[name]
    upstream.script = live = LiveScript()
    question = Question(function.url, "hi", query={"format": client.format}, headers=how)
    told = live.read(client.ask_by(nodes)(question))
    assert [item.text for item in told[:-1] if isinstance(item, Delta)] == DELTAS
    end = told[-1]
    assert isinstance(end, End)
    if client.format != "text":
        assert (end.reason, end.tokens) == ("stop", USAGE["total_tokens"])
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(("function", "name"), FITTING, indirect=["function"])
def test_a_client_as_it_is_gets_each_delta_live(function: Running, upstream: Upstream, name: str, nodes: Nodes) -> None:
    assert_live_and_whole(function, upstream, name, nodes)


@pytest.mark.parametrize("function", ["stream-openai"], indirect=True)
@pytest.mark.parametrize("name", SENDING_ANOTHER_ACCEPT)
def test_a_client_told_to_accept_an_event_stream_does_so_too(
    function: Running, upstream: Upstream, name: str, nodes: Nodes
) -> None:
    assert_live_and_whole(function, upstream, name, nodes, **EXACT)

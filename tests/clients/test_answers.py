"""Every client reads every function that fits it: the whole text, each delta live, one call upstream per prompt."""

import threading
from collections.abc import Iterator

import pytest

from tests.clients.catalogue import ALL, OF_OPENAI, Nodes
from tests.clients.reports import Delta, End, Question, Report
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
    """Sends a delta, and the next one only after the client has reported it."""

    def __init__(self) -> None:
        self._has_reported = threading.Semaphore(0)

    def __call__(self, call: Call) -> None:
        call.chunk({"role": "assistant", "content": ""})
        for delta in DELTAS:
            call.delta(delta)
            assert self._has_reported.acquire(timeout=60), f"the client has not reported {delta!r}"
        call.finish()

    def read(self, reports: Iterator[Report]) -> list[Report]:
        """All that the client reports."""
        items = []
        for item in reports:
            items.append(item)
            if isinstance(item, Delta):
                self._has_reported.release()
        return items


def assert_live_and_whole(function: Running, upstream: Upstream, name: str, nodes: Nodes, **how: str) -> None:
    client = ALL[name]
    upstream.script = live = LiveScript()
    question = Question(function.url, "hi", query={"format": client.format}, headers=how)
    reports = live.read(client.ask_by(nodes)(question))
    assert [item.text for item in reports[:-1] if isinstance(item, Delta)] == DELTAS
    end = reports[-1]
    assert isinstance(end, End)
    if client.format != "text":
        assert (end.reason, end.tokens) == ("stop", USAGE["total_tokens"])
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(("function", "name"), FITTING, indirect=["function"])
def test_a_client_as_it_is_gets_each_delta_live(function: Running, upstream: Upstream, name: str, nodes: Nodes) -> None:
    assert_live_and_whole(function, upstream, name, nodes)


@pytest.mark.parametrize("function", ["stream-openai"], indirect=True)
@pytest.mark.parametrize("name", SENDING_ANOTHER_ACCEPT)
def test_a_client_that_accepts_an_event_stream_gets_each_delta_live(
    function: Running, upstream: Upstream, name: str, nodes: Nodes
) -> None:
    assert_live_and_whole(function, upstream, name, nodes, **EXACT)

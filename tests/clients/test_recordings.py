"""Recorded answers of real providers in `json` and `ai-sdk`: text, citations, usage and reasoning are upstream's."""

from collections.abc import Iterator
from typing import Any

import httpx
import httpx_sse
import pytest

from tests.clients.catalogue import Nodes
from tests.clients.node import PACKAGES
from tests.clients.reports import End, Failed, Question
from tests.fronts import DIRECT, lay_out, serve
from tests.platform.running import Running
from tests.recordings import needs_recordings
from tests.test_recordings import BROKEN, HANDLER, LANGCHAIN, WHOLE, events, expected, replay
from tests.upstream import Upstream

pytestmark = needs_recordings


def citations(name: str) -> list[str]:
    """The addresses that an answer cites, read by hand from what was recorded."""
    cited = [event["annotation"] for event in events(name) if event.get("type", "").endswith("annotation.added")]
    return [annotation["url"] for annotation in cited if annotation["type"] == "url_citation"]


def reasoning(name: str) -> str:
    """The model's reasoning, read by hand from what was recorded."""
    text = ""
    for event in events(name):
        if event.get("type") in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            text += event["delta"]
        for choice in event.get("choices") or ():
            delta = choice["delta"]
            text += delta.get("reasoning_content") or delta.get("reasoning") or ""
    return text


@pytest.fixture(scope="module", params=[HANDLER, LANGCHAIN], ids=["openai", "langchain"])
def function(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Upstream(replay) as upstream:
        folder = lay_out(tmp_path_factory.mktemp("build") / "fn", request.param)
        with serve(DIRECT, folder, openai_base_url=upstream.url) as running:
            yield running


@pytest.fixture
def sent_reasoning(request: pytest.FixtureRequest, name: str) -> str:
    """The reasoning that a client gets: langchain-openai leaves out the reasoning of Chat Completions."""
    is_dropped = "langchain" in request.node.callspec.id and "chat" in name
    return "" if is_dropped else reasoning(name)


def read_json(function: Running, name: str) -> list[tuple[str, Any]]:
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(client, "POST", f"{function.url}/?format=json", content=name) as source,
    ):
        return [(event.event, event.json()) for event in source.iter_sse()]


@pytest.mark.parametrize("name", WHOLE)
def test_the_format_json_has_all_of_it(function: Running, name: str, sent_reasoning: str) -> None:
    events = read_json(function, name)
    text, reason, tokens = expected(name)
    assert "".join(data["text"] for event, data in events if event == "message") == text
    assert "".join(data["text"] for event, data in events if event == "reasoning") == sent_reasoning
    assert [data["url"] for event, data in events if event == "citation"] == citations(name)
    assert events[0][0] == "start"
    event, end = events[-1]
    assert (event, end["finish_reason"]) == ("end", reason)
    assert (end["usage"] or {}).get("total_tokens") == tokens


@pytest.mark.parametrize("packages", PACKAGES)
@pytest.mark.parametrize("name", WHOLE)
def test_the_ai_sdk_reads_all_of_it(
    function: Running, nodes: Nodes, name: str, sent_reasoning: str, packages: str
) -> None:
    *deltas, end = nodes(packages).ask("chatTransport", Question(function.url, name, query={"format": "ai-sdk"}))
    text, reason, tokens = expected(name)
    assert isinstance(end, End), end
    assert "".join(getattr(delta, "text", "") for delta in deltas) == text
    assert end.details["reasoning"] == sent_reasoning
    assert [citation["url"] for citation in end.details["citations"]] == citations(name)
    assert (end.reason, end.tokens) == (reason, tokens)


@pytest.mark.parametrize("packages", PACKAGES)
@pytest.mark.parametrize("name", BROKEN)
def test_the_ai_sdk_reports_a_failure(function: Running, nodes: Nodes, name: str, packages: str) -> None:
    *_, last = nodes(packages).ask("chatTransport", Question(function.url, name, query={"format": "ai-sdk"}))
    assert isinstance(last, Failed)

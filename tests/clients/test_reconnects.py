"""Clients that come back by themselves: a second request never reaches upstream, in any format that sends ids."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.node import Node
from tests.clients.told import Question
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FORMATS = ["text", "json", "ai-sdk"]


def script(call: Call) -> None:
    """Answers in full, unless the prompt says that upstream is slow: then the client must leave first."""
    call.start()
    if "silent" not in call.prompt:
        call.delta("one")
    if "slow" in call.prompt:
        call.wait_until_left()
    call.delta(" two")
    call.finish()


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Upstream, Running]]:
    """A function whose stream begins after 200 ms, even if upstream is silent."""
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "stream-openai")
    with (
        Upstream(script) as upstream,
        serve(DIRECT, folder, openai_base_url=upstream.url, commit_after="200ms", access="open") as function,
    ):
        yield upstream, function


def states(told: list[dict[str, Any]]) -> list[str]:
    return [line["state"] for line in told if "state" in line]


def calls_of(upstream: Upstream, prompt: str) -> int:
    return sum(call.prompt == prompt for call in upstream.calls)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("upstreams", ["slow", "slow silent"])
def test_a_hidden_tab_is_told_that_its_answer_is_gone(
    node: Node, answering: tuple[Upstream, Running], format: str, upstreams: str
) -> None:
    upstream, function = answering
    prompt = f"{format} {upstreams}"
    told = list(node.lines("hiddenTab", Question(function.url, prompt, query={"format": format})))
    assert states(told) == ["opened 200", "opened 204", "gone"]
    assert calls_of(upstream, prompt) <= 1  # 0 if the tab was hidden before the request was sent


@pytest.mark.parametrize("format", ["text", "json"])
def test_event_source_polyfill_comes_back_with_its_id_in_the_query_and_upstream_is_asked_once(
    node: Node, answering: tuple[Upstream, Running], format: str
) -> None:
    upstream, function = answering
    prompt = f"{format} polyfill"
    told = list(node.lines("eventSourcePolyfill", Question(function.url, prompt, query={"format": format})))
    assert states(told) == ["reconnecting"] * 3
    assert sum("one" in line["frame"]["data"] for line in told if "frame" in line) == 1
    assert calls_of(upstream, prompt) == 1

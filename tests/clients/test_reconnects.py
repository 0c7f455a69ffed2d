"""Clients that reconnect by themselves: a second request never reaches upstream, in any format that sends ids."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.node import Node
from tests.clients.reports import Question
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FORMATS = ["text", "json", "ai-sdk"]


def script(call: Call) -> None:
    """Answers in full. If the prompt says that upstream is slow, the client must disconnect first."""
    call.start()
    if "silent" not in call.prompt:
        call.delta("one")
    if "slow" in call.prompt:
        call.wait_for_disconnect()
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


def states(reports: list[dict[str, Any]]) -> list[str]:
    return [line["state"] for line in reports if "state" in line]


def calls_of(upstream: Upstream, prompt: str) -> int:
    return sum(call.prompt == prompt for call in upstream.calls)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("upstreams", ["slow", "slow silent"])
def test_a_hidden_tab_learns_that_its_answer_is_gone(
    node: Node, answering: tuple[Upstream, Running], format: str, upstreams: str
) -> None:
    upstream, function = answering
    prompt = f"{format} {upstreams}"
    reports = list(node.lines("hiddenTab", Question(function.url, prompt, query={"format": format})))
    assert states(reports) == ["opened 200", "opened 204", "gone"]
    assert calls_of(upstream, prompt) <= 1  # 0 if the tab was hidden before the request was sent


@pytest.mark.parametrize("format", ["text", "json"])
def test_event_source_polyfill_reconnects_with_its_id_in_the_query_and_upstream_gets_one_call(
    node: Node, answering: tuple[Upstream, Running], format: str
) -> None:
    upstream, function = answering
    prompt = f"{format} polyfill"
    reports = list(node.lines("eventSourcePolyfill", Question(function.url, prompt, query={"format": format})))
    assert states(reports) == ["reconnecting"] * 3
    assert sum("one" in line["frame"]["data"] for line in reports if "frame" in line) == 1
    assert calls_of(upstream, prompt) == 1

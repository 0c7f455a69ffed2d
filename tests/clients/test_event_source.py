"""A browser's EventSource causes one call upstream per prompt, however the answer ends: its reconnect gets 204."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any

import httpx
import pytest

from tests.clients.node import Node
from tests.clients.reports import Question
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.platform.gateways import FUNCTION, Gateway
from tests.platform.plugin import obtain
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FORMATS = ["text", "json"]
MANY_LINES = 12


def frames(reports: list[dict[str, Any]]) -> list[str]:
    return [line["frame"]["data"] for line in reports if "frame" in line]


def states(reports: list[dict[str, Any]]) -> list[str]:
    return [line["state"] for line in reports if "state" in line]


def ask_all(node: Node, questions: dict[str, Question]) -> dict[str, list[dict[str, Any]]]:
    """What pages see that never close their EventSource, all at the same time because each reconnects after seconds."""

    def ask(question: Question) -> list[dict[str, Any]]:
        # An EventSource that never gets 204 would reconnect for ever.
        with closing(node.lines("eventSource", question, stays=True)) as lines:
            return list(islice(lines, MANY_LINES))

    with ThreadPoolExecutor(len(questions)) as pages:
        return dict(zip(questions, pages.map(ask, questions.values()), strict=True))


def calls_by_prompt(upstream: Upstream) -> dict[str, int]:
    prompts = [call.prompt for call in upstream.calls]
    return {prompt: prompts.count(prompt) for prompt in prompts}


def answer(call: Call) -> None:
    call.delta("one", " two")
    call.finish()


def test_after_the_end_it_reconnects_once_and_gets_204(
    way: Front, node: Node, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Upstream(answer) as upstream:
        folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "stream-openai")
        with serve(way, folder, openai_base_url=upstream.url) as function:
            reports = ask_all(node, {name: Question(function.url, name, query={"format": name}) for name in FORMATS})
        assert calls_by_prompt(upstream) == dict.fromkeys(FORMATS, 1)
    assert frames(reports["text"]) == ["one", " two", "[DONE]"]
    assert frames(reports["json"])[1:3] == ['{"text": "one"}', '{"text": " two"}']
    assert {name: states(lines) for name, lines in reports.items()} == {
        name: ["reconnecting", "closed"] for name in FORMATS
    }


@pytest.fixture
def dropping(
    gateway: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Upstream, dict[str, Running]]]:
    """Gateways of one function that end every stream after a second: as if it were complete, and by a cut."""
    is_over = threading.Event()

    def stay_silent(call: Call) -> None:
        if call.prompt == "warm up":
            return call.finish()
        if "silent" not in call.prompt:
            call.delta("one")
        call.start()
        is_over.wait(20)
        return None

    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "stream-openai")
    with (
        Upstream(stay_silent) as upstream,
        serve(
            obtain("standin"),
            folder,
            openai_base_url=upstream.url,
            commit_after="200ms",
            heartbeat_interval="300ms",
            write_timeout="60s",
        ) as function,
        gateway.start({FUNCTION: function.url}, upstream_timeout="1s") as ending,
        gateway.start({FUNCTION: function.url}, write_timeout="1s") as cutting,
    ):
        httpx.post(function.url, content="warm up", timeout=60)  # the SDK's first call may take longer than a second
        upstream.calls.clear()
        yield upstream, {"ending": ending, "cutting": cutting}
        is_over.set()


def test_after_a_cut_it_reconnects_and_upstream_gets_no_second_call(
    node: Node, dropping: tuple[Upstream, dict[str, Running]]
) -> None:
    upstream, gateways = dropping
    questions = {
        f"{name} {format} {prompt}": Question(
            f"{gateway.url}/function/{FUNCTION}", f"{name} {format} {prompt}", query={"format": format}
        )
        for name, gateway in gateways.items()
        for format in FORMATS
        for prompt in ("spoken", "silent")
    }
    reports = ask_all(node, questions)
    assert {name: states(lines) for name, lines in reports.items()} == {
        name: ["reconnecting", "closed"] for name in questions
    }
    assert calls_by_prompt(upstream) == dict.fromkeys(questions, 1)

"""A browser's EventSource asks upstream once a prompt, however the answer ends: it comes back, and is sent away."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any

import httpx
import pytest

from tests.clients.node import Node
from tests.clients.told import Question
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.platform.gateways import FUNCTION, Gateway
from tests.platform.plugin import obtain
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FORMATS = ["text", "json"]
MANY_LINES = 12


def frames(told: list[dict[str, Any]]) -> list[str]:
    return [line["frame"]["data"] for line in told if "frame" in line]


def states(told: list[dict[str, Any]]) -> list[str]:
    return [line["state"] for line in told if "state" in line]


def ask_all(node: Node, asked: dict[str, Question]) -> dict[str, list[dict[str, Any]]]:
    """What pages that never close their EventSource see, all at the same time, for each comes back after seconds."""

    def ask(question: Question) -> list[dict[str, Any]]:
        # One that is never sent away would come back for ever.
        with closing(node.lines("eventSource", question, stays=True)) as lines:
            return list(islice(lines, MANY_LINES))

    with ThreadPoolExecutor(len(asked)) as pages:
        return dict(zip(asked, pages.map(ask, asked.values()), strict=True))


def calls_by_prompt(upstream: Upstream) -> dict[str, int]:
    prompts = [call.prompt for call in upstream.calls]
    return {prompt: prompts.count(prompt) for prompt in prompts}


def answer(call: Call) -> None:
    call.delta("one", " two")
    call.finish()


def test_after_the_end_it_comes_back_once_and_is_sent_away(
    way: Front, node: Node, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Upstream(answer) as upstream:
        folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "stream-openai")
        with serve(way, folder, openai_base_url=upstream.url) as function:
            told = ask_all(node, {name: Question(function.url, name, query={"format": name}) for name in FORMATS})
        assert calls_by_prompt(upstream) == dict.fromkeys(FORMATS, 1)
    assert frames(told["text"]) == ["one", " two", "[DONE]"]
    assert frames(told["json"])[1:3] == ['{"text": "one"}', '{"text": " two"}']
    assert {name: states(lines) for name, lines in told.items()} == {
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


def test_after_a_drop_it_comes_back_and_nothing_is_asked_again(
    node: Node, dropping: tuple[Upstream, dict[str, Running]]
) -> None:
    upstream, gateways = dropping
    asked = {
        f"{name} {format} {prompt}": Question(
            f"{gateway.url}/function/{FUNCTION}", f"{name} {format} {prompt}", query={"format": format}
        )
        for name, gateway in gateways.items()
        for format in FORMATS
        for prompt in ("spoken", "silent")
    }
    told = ask_all(node, asked)
    assert {name: states(lines) for name, lines in told.items()} == {name: ["reconnecting", "closed"] for name in asked}
    assert calls_by_prompt(upstream) == dict.fromkeys(asked, 1)

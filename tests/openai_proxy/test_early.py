"""A client of a stream gets heartbeats before upstream has sent anything, and errors in OpenAI's own shape."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import openai
import pytest
from openai import OpenAI

from tests.faults.client import BEAT, Client
from tests.fronts import DIRECT, serve
from tests.openai_proxy.test_relayed import ASKED, CHAT
from tests.platform.running import Running
from tests.upstream import Call, Upstream


@pytest.fixture(scope="module")
def proxy(server: Upstream, folder: Path) -> Iterator[Running]:
    """With the format that stack.yaml sets for it."""
    with serve(
        DIRECT,
        folder,
        openai_base_url=server.url,
        stream_format="openai",
        commit_after="200ms",
        upstream_idle_timeout="1500ms",
    ) as running:
        yield running


@pytest.fixture(params=[{}, {"Accept": "text/event-stream"}], ids=["as it is", "told what to accept"])
def sdk(request: pytest.FixtureRequest, proxy: Running) -> Iterator[OpenAI]:
    more = request.param
    with OpenAI(api_key="k", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60, default_headers=more) as client:
        yield client


@pytest.mark.parametrize("status", [429, 401, 500])
def test_a_late_refusal_is_an_error_of_the_sdks(sdk: OpenAI, upstream: Upstream, status: int) -> None:
    begun = Event()

    def refuse(call: Call) -> None:
        begun.wait(10)
        call.refuse(status)

    upstream.script = refuse
    chunks = sdk.chat.completions.create(**ASKED)  # returns once the answer has begun
    begun.set()
    with pytest.raises(openai.APIError):
        list(chunks)


def test_a_late_answer_follows_the_first_heartbeat(proxy: Running, upstream: Upstream) -> None:
    begun = Event()

    def answer(call: Call) -> None:
        begun.wait(10)
        call.delta("late")
        call.finish()

    upstream.script = answer
    with Client(proxy, CHAT, '{"stream": true}') as reader:
        reader.until(BEAT)
        begun.set()
        assert reader.read_all().endswith(b"data: [DONE]\n\n")


def test_an_upstream_that_stays_silent_is_an_error_of_the_sdks(sdk: OpenAI, upstream: Upstream) -> None:
    upstream.script = Call.wait_for_disconnect
    with pytest.raises(openai.APIError) as raised:
        list(sdk.chat.completions.create(**ASKED))
    assert raised.value.code == "upstream_timeout"
    assert upstream.calls[0].disconnected.wait(30)
    assert len(upstream.calls) == 1

"""Handlers written for other templates and blogs run unchanged, with the lifecycle of any other answer."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import httpx_sse
import pytest

from tests.fronts import Front, lay_out, serve, wait_for_record
from tests.upstream import Call, Upstream, says

# As in OpenFaaS's own article on streaming from Python: a generator over LangChain's model, framed by hand.
BLOG = """
from flask import Response
from langchain_community.chat_models.openai import ChatOpenAI
from langchain_core.messages import HumanMessage
import os

def handle(req):
    chat = ChatOpenAI(
        streaming=True, openai_api_key="k", openai_api_base=os.environ["openai_base_url"], temperature=0, max_retries=0
    )

    def generate():
        for chunk in chat.stream([HumanMessage(content=req)]):
            yield f"data: {chunk.content}\\n\\n"

    return Response(generate(), mimetype="text/event-stream", headers={"Connection": "keep-alive"})
"""


@pytest.fixture
def blog(front: Front, tmp_path: Path) -> Iterator[tuple[str, Upstream, object]]:
    with Upstream(says("one", " two")) as upstream:
        folder = lay_out(tmp_path / "fn", BLOG)
        with serve(front, folder, openai_base_url=upstream.url, heartbeat_interval="200ms") as running:
            yield running.url, upstream, running


def test_the_blogs_handler_streams_with_heartbeats_and_closes_upstream(
    blog: tuple[str, Upstream, object],
) -> None:
    url, upstream, running = blog
    with httpx.Client(timeout=60) as client, httpx_sse.connect_sse(client, "POST", url, content="hi") as source:
        assert [event.data for event in source.iter_sse() if event.data] == ["one", " two"]
    assert upstream.calls[0].body["stream"] is True
    silent, heard = threading.Event(), threading.Event()

    def fall_silent(call: Call) -> None:
        call.delta("one")
        silent.set()
        assert heard.wait(20)
        while not call.disconnected.wait(
            0.05
        ):  # nothing ends a blocked read of the SDK's own HTTP client but upstream's next byte
            call.delta("more")

    upstream.script = fall_silent
    headers = {"Accept": "text/event-stream"}
    with httpx.stream("POST", url, content="hi", headers=headers, timeout=60) as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line.startswith(":")) == ": "
        assert silent.is_set()
    heard.set()
    assert upstream.wait_for_call(2).disconnected.wait(30)
    wait_for_record(running, "client_disconnected")  # type: ignore[arg-type]

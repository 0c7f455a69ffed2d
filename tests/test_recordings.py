"""Recorded answers of seven providers, replayed by an upstream through the SDK they belong to, arrive whole."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import httpx_sse
import pytest

from tests.fronts import DIRECT, lay_out, serve, wait_for_record
from tests.platform.running import Running
from tests.recordings import NAMES, needs_recordings, recording
from tests.upstream import Call, Upstream

BROKEN = [name for name in NAMES if "error" in name]
WHOLE = [name for name in NAMES if name not in BROKEN]
pytestmark = needs_recordings

HANDLER = """
import os
from openai import OpenAI
from faas_stream import chat_messages, stream
client = OpenAI(api_key="k", base_url=os.environ["openai_base_url"], max_retries=0)
def handle(req):
    messages = chat_messages(req)
    name = messages[-1]["content"]
    if "responses" in name:
        return stream(client.responses.create(model="m", input=name, stream=True))
    return stream(client.chat.completions.create(model="m", messages=messages, stream=True))
"""
LANGCHAIN = """
import os
from langchain_openai import ChatOpenAI
from faas_stream import chat_messages, stream
def handle(req):
    name = chat_messages(req)[-1]["content"]
    model = ChatOpenAI(model="m", api_key="k", base_url=os.environ["openai_base_url"], max_retries=0, stream_usage=True,
                       use_responses_api="responses" in name)
    return stream(model.stream(name))
"""


def events(name: str) -> Iterator[dict[str, Any]]:
    """The JSON of each of a recording's events."""
    for line in recording(name).decode().split("\n"):
        if line.startswith("data: {"):
            yield json.loads(line[6:])


def expected(name: str) -> tuple[str, str | None, int | None]:
    """Text, finish reason and total tokens, read by hand from what was recorded."""
    text, reason, tokens = "", None, None
    for event in events(name):
        kind = event.get("type", "")
        if kind == "response.output_text.delta":
            text += event["delta"]
        if kind == "response.completed":
            called = any(item["type"] == "function_call" for item in event["response"]["output"])
            reason, tokens = "tool_calls" if called else "stop", event["response"]["usage"]["total_tokens"]
        for choice in event.get("choices") or ():
            text += choice["delta"].get("content") or ""
            reason = choice.get("finish_reason") or reason
        if event.get("usage"):
            tokens = event["usage"]["total_tokens"]
    return text, reason, tokens


def replay(call: Call) -> None:
    question = call.body.get("input") or call.prompt
    name = question if isinstance(question, str) else question[0]["content"]
    call.raw(recording(name))
    call.end()


@pytest.fixture(scope="module", params=[HANDLER, LANGCHAIN], ids=["openai", "langchain"])
def function(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Upstream(replay) as upstream:
        folder = lay_out(tmp_path_factory.mktemp("build") / "fn", request.param)
        with serve(DIRECT, folder, openai_base_url=upstream.url) as running:
            yield running


@pytest.mark.parametrize("name", WHOLE)
def test_a_recorded_answer_arrives_whole(function: Running, name: str) -> None:
    text, reason, tokens = expected(name)
    answer = httpx.post(function.url, content=name, headers={"Accept": "application/json"}, timeout=60).json()
    assert answer["text"] == text
    assert answer["finish_reason"] == reason
    assert (answer["usage"] or {}).get("total_tokens") == tokens
    with httpx_sse.connect_sse(httpx.Client(timeout=60), "POST", function.url, content=name) as source:
        frames = [event.data for event in source.iter_sse()]
    assert "".join(frames[:-1]) == text
    assert frames[-1] == "[DONE]"


@pytest.mark.parametrize("name", BROKEN)
def test_a_recorded_error_ends_in_an_error_frame(function: Running, name: str) -> None:
    text = expected(name)[0]
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(client, "POST", function.url, content=name) as source,
    ):
        if text:
            *frames, last = source.iter_sse()
            assert (last.event, json.loads(last.data)["code"]) == ("error", "upstream_error")
            assert "".join(frame.data for frame in frames) == text
        else:  # nothing was sent before the error, so that the status reports it
            assert source.response.status_code == 502
            assert json.loads(source.response.read())["error"]["code"] == "upstream_error"
    wait_for_record(function, "upstream_error")

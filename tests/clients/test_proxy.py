"""Clients of OpenAI and Anthropic, with their defaults, at the proxy: each endpoint, streamed and whole."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.clients import litellm_calls
from tests.clients.node import Node
from tests.clients.reports import Delta, End, Failed, Question
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.openai_proxy.test_answers import ANSWER as CHAT
from tests.openai_proxy.test_answers import EVENTS as CHUNKS
from tests.openai_proxy.test_endpoints import RESPONSE, whole
from tests.openai_proxy.test_messages import ANSWER as MESSAGE
from tests.openai_proxy.test_messages import EVENTS as MESSAGE_EVENTS
from tests.platform.running import Running
from tests.raw_upstream import RawCall, RawUpstream

RESPONSE_EVENTS = whole.as_events(RESPONSE)
PICTURE = {"created": 1, "data": [{"b64_json": "AAAA"}]}
ANSWERS: dict[str, tuple[Any, bytes]] = {
    "chat/completions": (CHAT, CHUNKS),
    "responses": (RESPONSE, RESPONSE_EVENTS),
    "responses/resp_1": (RESPONSE, b""),
    "messages": (MESSAGE, MESSAGE_EVENTS),
    "messages/count_tokens": ({"input_tokens": 7}, b""),
    "embeddings": ({"object": "list", "data": [{"index": 0, "embedding": [0.5]}], "usage": {}}, b""),
    "models": ({"object": "list", "data": [{"id": "cheap"}, {"id": "dear"}]}, b""),
    "audio/transcriptions": ({"text": "Hello"}, b""),
    "images/generations": (PICTURE, b""),
    "images/edits": (PICTURE, b""),
}
"""By endpoint: the whole answer, and the stream."""


def answer(call: RawCall) -> None:
    call.read_body()
    endpoint = call.path.removeprefix("/v1/")
    if endpoint == "audio/speech":
        call.answer(b"sound", content_type="audio/mpeg")
        return
    document, events = ANSWERS[endpoint]
    asks_for_stream = b'"stream":true' in call.body.replace(b" ", b"")
    if asks_for_stream:
        call.answer(events, content_type="text/event-stream")
    else:
        call.answer(json.dumps(document).encode())


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    with RawUpstream(answer) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def proxy(front: Front, raw: RawUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "openai-proxy")
    (folder / ".secrets" / "anthropic-api-key").write_text("anthropic-key")
    (folder / ".secrets" / "callers").write_text("token-of-ann")
    settings = {"anthropic_base_url": raw.url, "openai_base_url": raw.url, "stored_responses": "true"}
    with serve(front, folder, settings, auth_secret="callers", allowed_models="cheap") as running:
        yield running


@pytest.mark.parametrize(
    ("client", "events"),
    [
        ("openaiProvider", "chat/completions"),
        ("openaiResponsesProvider", "responses"),
        ("anthropicProvider", "messages"),
    ],
)
@pytest.mark.parametrize("is_whole", [False, True], ids=["events", "json in place of them"])
def test_the_providers_of_the_ai_sdk_stream(
    proxy: Running, node: Node, client: str, events: str, is_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_whole:
        document = ANSWERS[events][0]
        monkeypatch.setitem(ANSWERS, events, (document, json.dumps(document).encode()))
    reports = list(node.ask(client, Question(proxy.url, "hi", token="token-of-ann", model="cheap")))
    assert "".join(item.text for item in reports if isinstance(item, Delta)) == "Hello"
    assert isinstance(reports[-1], End)


@pytest.mark.parametrize("client", ["openaiProvider", "openaiResponsesProvider", "anthropicProvider"])
@pytest.mark.parametrize(("token", "model", "status"), [("wrong", "cheap", 401), ("token-of-ann", "dear", 403)])
def test_the_providers_of_the_ai_sdk_read_refusals(
    proxy: Running, node: Node, client: str, token: str, model: str, status: int
) -> None:
    reports = list(node.ask(client, Question(proxy.url, "hi", token=token, model=model)))
    failed = [item for item in reports if isinstance(item, Failed)]
    assert [(item.name, item.status) for item in failed][:1] == [("AI_APICallError", status)]


def test_npm_openai_reads_each_endpoint(proxy: Running, node: Node) -> None:
    question = Question(proxy.url, "hi", token="token-of-ann", model="cheap")
    (end,) = (line for line in node.lines("openaiEndpoints", question) if "over" not in line)
    assert end.get("end", end) == {
        "chat": "Hello",
        "response": "Hello",
        "lastEvent": "response.completed",
        "embedding": [0.5],
        "models": ["cheap"],
        "speech": "sound",
        "transcript": "Hello",
        "picture": "AAAA",
        "edited": "AAAA",
        "stored": "Hello",
    }


def test_litellm_reads_both_apis(proxy: Running) -> None:
    if find_spec("litellm") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("litellm is not installed: pip install -r tests/requirements.txt")
        pytest.skip("litellm is not installed: pip install -r tests/requirements.txt")
    command = [sys.executable, str(Path(litellm_calls.__file__)), proxy.url]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
    assert json.loads(output.splitlines()[-1]) == {
        "openai": ["Hello", "Hello", "APIError"],  # LiteLLM's name for a 403 of OpenAI's SDK
        "anthropic": ["Hello", "Hello", "PermissionDeniedError"],
    }


@pytest.mark.parametrize(
    ("endpoint", "token"), [("messages", "x-api-key: "), ("chat/completions", "Authorization: Bearer ")]
)
@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_curl_gets_what_the_body_asks_for(proxy: Running, endpoint: str, token: str, accept: str) -> None:
    document, events = ANSWERS[endpoint]
    for body, expected in [
        ({"model": "cheap"}, json.dumps(document)),
        ({"model": "cheap", "stream": True}, events.decode()),
    ]:
        command = ["curl", "-sN", "--max-time", "20", "-H", f"{token}token-of-ann", "-H", f"Accept: {accept}"]
        command += ["-d", json.dumps(body), f"{proxy.url}/v1/{endpoint}"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert (
            "".join(line for line in output.splitlines(keepends=True) if not line.startswith(":")).strip()
            == expected.strip()
        )

"""Every case through `stream()`: the real SDKs, sync and async, over a real connection, in every format."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import anthropic
import openai
import pytest
from werkzeug.test import TestResponse

from faas_stream import stream
from faas_stream.answers.record import Record
from faas_stream.formats import by_media_type, sse_formats
from tests.cases import CASES, Case
from tests.fixtures import Serve
from tests.sources.answers import Answer, read_back
from tests.upstream import Call, Upstream

CALL: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
FORMATS = (*sse_formats(), *by_media_type())
TIMEOUT_S = 60  # the SDKs' own limit for a connection, 5 s, is too short on a busy machine
KNOWS_ALL = ("json", "openai", "ai-sdk", "application/x-ndjson", "application/json")


@cache
def sdk(name: str, url: str, *, is_async: bool) -> Any:
    """A client of the SDK. Making one takes as long as several answers."""
    if name == "anthropic":
        of_anthropic = anthropic.AsyncAnthropic if is_async else anthropic.Anthropic
        return of_anthropic(base_url=url.removesuffix("/v1"), api_key="k", max_retries=0, timeout=TIMEOUT_S)
    of_openai = openai.AsyncOpenAI if is_async else openai.OpenAI
    return of_openai(base_url=url, api_key="k", max_retries=0, timeout=TIMEOUT_S)


def source(case: Case, url: str, *, is_async: bool) -> Any:
    """What the SDK's call returns for the case's API."""
    client = sdk("anthropic" if case.api == "anthropic" else "openai", url, is_async=is_async)
    if case.api == "anthropic":
        return client.messages.create(**CALL, max_tokens=1)
    if case.api == "responses":
        return client.responses.create(model="m", input="hi", stream=True)
    return client.chat.completions.create(**CALL)


def ask(serve: Serve, make: Any, format: str) -> TestResponse:
    is_sse = format in sse_formats()
    headers = {"Accept": "text/event-stream" if is_sse else format}
    return serve(lambda _req: stream(make())).post(
        "/", query_string={"format": format} if is_sse else {}, headers=headers
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with Upstream(lambda call: call.end()) as upstream:
        yield upstream


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_through_the_sdk_reaches_the_clients_of_every_format(
    serve: Serve, server: Upstream, logged: list[Record], case: Case, is_async: bool
) -> None:
    def replay(call: Call) -> None:
        for piece in case.pieces:
            call.raw(piece)
        call.end()

    server.script = replay
    for format in FORMATS:
        response = ask(serve, lambda: source(case, server.url, is_async=is_async), format)
        if response.status_code != 200:
            assert (response.status_code, case.expect["end"]) == (502, "error")
            assert logged[-1].outcome == "upstream_error"
            continue
        client: Answer = read_back(format, response.data)
        assert client.end == case.expect["end"], format
        assert client.text == case.expect.get("text", client.text), format
        if format in KNOWS_ALL and client.end == "complete":
            for name in ("reasoning", "tool_calls", "finish_reason"):
                assert getattr(client, name) == case.expect.get(name, getattr(client, name)), (format, name)
        assert logged[-1].outcome == ("complete" if client.end == "complete" else "upstream_error")

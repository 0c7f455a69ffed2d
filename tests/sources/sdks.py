"""The real SDKs without a network: whatever they yield for the bytes of a stream."""

from collections.abc import Iterable, Iterator
from typing import Any

import anthropic
import httpx2
import openai
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.upstream import Call, Upstream

ERRORS: tuple[type[Exception], ...] = (openai.OpenAIError, anthropic.AnthropicError, ValueError)
"""What the SDKs raise for a failure in a stream. JSON that they cannot read is a ValueError, and so is LangChain's."""


def sdk_items(api: str, stream: bytes) -> Iterator[Any]:
    """The objects of the SDK whose API this is, for these bytes."""
    with client_of(stream) as http:
        items: Iterable[Any]
        if api == "anthropic":
            items = anthropic_client(http).messages.create(
                model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}], stream=True
            )
        elif api == "responses":
            items = openai_client(http).responses.create(model="m", input="hi", stream=True)
        else:
            items = openai_client(http).chat.completions.create(
                model="m", messages=[{"role": "user", "content": "hi"}], stream=True
            )
        yield from items


def langchain_items(api: str, stream: bytes) -> Iterator[Any]:
    """The message chunks of LangChain's model for this API, for these bytes."""
    if api == "anthropic":  # takes no HTTP client
        with Upstream(lambda call: _replay(call, stream)) as upstream:
            yield from ChatAnthropic(
                model_name="m",
                api_key=SecretStr("k"),
                base_url=upstream.url.removesuffix("/v1"),
                max_retries=0,
                timeout=60,
                stop=None,
            ).stream("hi")
        return
    with client_of(stream) as http:
        yield from ChatOpenAI(
            model="m",
            api_key=SecretStr("k"),
            http_client=http,
            max_retries=0,
            stream_usage=True,
            use_responses_api=api == "responses",
        ).stream("hi")


def _replay(call: Call, stream: bytes) -> None:
    call.raw(stream)
    call.end()


def client_of(stream: bytes) -> httpx2.Client:
    """An HTTP client whose every response has these bytes."""
    headers = {"Content-Type": "text/event-stream"}
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=headers, content=stream))
    return httpx2.Client(transport=answer)


def openai_client(http: httpx2.Client) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", http_client=http, max_retries=0)


def anthropic_client(http: httpx2.Client) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", http_client=http, max_retries=0)

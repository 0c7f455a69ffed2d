"""A live answer from OpenAI, Azure OpenAI or any server that speaks their protocol."""

import os
from typing import Any

from openai import AsyncAzureOpenAI, AsyncOpenAI, DefaultAioHttpClient, Timeout

from faas_stream import chat_messages, secret_source, stream


def make_client() -> AsyncOpenAI:
    """The SDK's client, made once per process; the key is read for each request."""
    common: dict[str, Any] = {
        "api_key": secret_source("openai-api-key"),
        "http_client": DefaultAioHttpClient(),
        # A client waits, a repeated prompt is paid for twice, and its sender knows best whether to repeat it.
        "max_retries": 0,
        # Limits connecting alone. The template's upstream_idle_timeout limits how long upstream may be silent.
        "timeout": Timeout(None, connect=10),
    }
    if endpoint := os.environ.get("azure_endpoint"):
        version = os.environ.get("azure_api_version") or "2024-10-21"
        return AsyncAzureOpenAI(azure_endpoint=endpoint, api_version=version, **common)
    return AsyncOpenAI(base_url=os.environ.get("openai_base_url") or None, **common)


client = make_client()


def handle(req):
    messages = chat_messages(req)
    if prompt := os.environ.get("system_prompt"):
        messages = [{"role": "system", "content": prompt}, *messages]
    return stream(
        client.chat.completions.create(
            model=os.environ.get("openai_model") or "gpt-4o-mini",
            messages=(),
            # The SDK compares each message in `messages` with all its types, and other answers wait meanwhile.
            extra_body={"messages": messages},
            temperature=float(os.environ.get("temperature") or 1),
            stream=True,
            stream_options={"include_usage": True},
        )
    )

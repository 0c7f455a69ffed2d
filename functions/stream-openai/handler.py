"""A live answer from OpenAI, Azure OpenAI or any server that speaks their protocol."""

import os
from functools import cache

from openai import AzureOpenAI, OpenAI

from faas_stream import chat_messages, secret, stream


@cache
def client():
    """The SDK's client, made at the first request, so that a missing secret is told to the caller."""
    # No retries: a reader waits, a repeated prompt is paid for twice, and who sent it knows best whether to repeat it.
    common = {"api_key": secret("openai-api-key"), "max_retries": 0}
    if endpoint := os.environ.get("azure_endpoint"):
        version = os.environ.get("azure_api_version") or "2024-10-21"
        return AzureOpenAI(azure_endpoint=endpoint, api_version=version, **common)
    return OpenAI(base_url=os.environ.get("openai_base_url") or None, **common)


def handle(req):
    messages = chat_messages(req)
    if prompt := os.environ.get("system_prompt"):
        messages = [{"role": "system", "content": prompt}, *messages]
    return stream(
        client().chat.completions.create(
            model=os.environ.get("openai_model") or "gpt-4o-mini",
            messages=messages,
            temperature=float(os.environ.get("temperature") or 1),
            stream=True,
            stream_options={"include_usage": True},
        )
    )

"""A live answer through LangChain."""

import os
from functools import cache

from langchain_openai import AzureChatOpenAI, ChatOpenAI

from faas_stream import chat_messages, secret, stream


@cache
def model():
    """LangChain's model, made at the first request, so that a missing secret is told to the caller."""
    name = os.environ.get("openai_model") or "gpt-4o-mini"
    common = {
        "api_key": secret("openai-api-key"),
        "temperature": float(os.environ.get("temperature") or 1),
        "max_retries": 0,  # a reader waits, and a repeated prompt is paid for twice
        "stream_usage": True,  # off by itself wherever the upstream URL is set
    }
    if endpoint := os.environ.get("azure_endpoint"):
        version = os.environ.get("azure_api_version") or "2024-10-21"
        return AzureChatOpenAI(azure_deployment=name, azure_endpoint=endpoint, api_version=version, **common)
    return ChatOpenAI(model=name, base_url=os.environ.get("openai_base_url") or None, **common)


def handle(req):
    messages = chat_messages(req)
    if prompt := os.environ.get("system_prompt"):
        messages = [{"role": "system", "content": prompt}, *messages]
    return stream(model().stream(messages))

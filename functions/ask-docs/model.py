"""The model that answers: from OpenAI, Azure OpenAI or any server that speaks their protocol."""

import os
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from openai import DefaultAioHttpClient
from pydantic import SecretStr

from faas_stream import secret, secret_source


def make_model() -> BaseChatModel:
    """LangChain's model, made once per process; OpenAI's key is read for each request."""
    name = os.environ.get("openai_model") or "gpt-4o-mini"
    common: dict[str, Any] = {
        "api_key": secret_source("openai-api-key"),
        "http_async_client": DefaultAioHttpClient(),
        "temperature": float(os.environ.get("temperature") or 1),
        "max_retries": 0,  # a client waits, and a repeated prompt is paid for twice
        "stream_usage": True,  # LangChain turns it off if the upstream URL is set
        "stream_chunk_timeout": 0,  # off: on Python 3.11 it may swallow a cancellation; upstream_idle_timeout is there
    }
    if endpoint := os.environ.get("azure_endpoint"):
        version = os.environ.get("azure_api_version") or "2024-10-21"
        # AzureChatOpenAI takes no callable, so this key is read once per process.
        common["api_key"] = SecretStr(secret("openai-api-key"))
        return AzureChatOpenAI(azure_deployment=name, azure_endpoint=endpoint, api_version=version, **common)
    return ChatOpenAI(model=name, base_url=os.environ.get("openai_base_url") or None, **common)

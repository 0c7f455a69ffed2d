"""SDK clients, sync and async, whose key comes from a secret that may be rotated."""

import os
from typing import Any

import flask
from langchain_openai import ChatOpenAI
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, DefaultAioHttpClient, OpenAI

from faas_stream import secret_source, stream

key: Any = secret_source("openai-api-key")
base_url = os.environ["openai_base_url"]
azure: Any = {"azure_endpoint": base_url.removesuffix("/v1"), "api_version": "2024-10-21", "api_key": key}
clients: dict[str, Any] = {
    "sync": OpenAI(api_key=key, base_url=base_url, max_retries=0),
    "async": AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=DefaultAioHttpClient()),
    "azure": AzureOpenAI(**azure, max_retries=0),
    "async_azure": AsyncAzureOpenAI(**azure, max_retries=0, http_client=DefaultAioHttpClient()),
}


model = ChatOpenAI(model="m", api_key=key, base_url=base_url, max_retries=0)


def handle(req: str) -> flask.Response:
    if flask.request.args["client"] == "langchain":
        return stream(model.astream(req))
    client = clients[flask.request.args["client"]]
    return stream(client.chat.completions.create(model="m", messages=[{"role": "user", "content": req}], stream=True))

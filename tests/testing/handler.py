"""The handler that the cases of `call` test, and its clients, which are made at import."""

from typing import Any

import openai

import faas_stream.testing  # noqa: F401 (it sets the environment that the clients read)
from faas_stream import chat_messages, http_client, secret_source, stream

KEY = secret_source("openai-api-key")
client = openai.AsyncOpenAI(api_key=KEY, http_client=openai.DefaultAioHttpClient(), max_retries=0)
retrying_client = openai.OpenAI(api_key=KEY, http_client=http_client(), max_retries=2)


def prompt(req: str) -> Any:
    return chat_messages(req)


def handle(req: str) -> Any:
    return stream(client.chat.completions.create(model="m", messages=prompt(req), stream=True))

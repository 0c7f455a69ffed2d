"""The sync SDK on the template's HTTP client, whose reads can be ended; with the SDK's own two retries."""

import os
from collections.abc import Iterator
from typing import Any

import flask
from openai import OpenAI

from faas_stream import http_client, stream

client = OpenAI(api_key="k", base_url=os.environ["openai_base_url"], http_client=http_client())


def handle(req: str) -> flask.Response:
    return stream(client.chat.completions.create(model="m", messages=[{"role": "user", "content": req}], stream=True))


def iterated(req: str) -> flask.Response:
    return stream(texts(req))


def texts(prompt: str) -> Iterator[str]:
    messages: Any = [{"role": "user", "content": prompt}]
    chunks: Any = client.chat.completions.create(model="m", messages=messages, stream=True)
    for chunk in chunks:
        for choice in chunk.choices:
            if choice.delta.content:
                yield choice.delta.content

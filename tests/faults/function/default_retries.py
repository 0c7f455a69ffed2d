"""The five-line handler on the SDK's defaults, with two retries."""

import os

import flask
from openai import OpenAI

from faas_stream import stream

client = OpenAI(api_key="k", base_url=os.environ["openai_base_url"])


def handle(req: str) -> flask.Response:
    return stream(client.chat.completions.create(model="m", messages=[{"role": "user", "content": req}], stream=True))

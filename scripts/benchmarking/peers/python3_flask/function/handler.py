# mypy: ignore-errors
# A peer is written as in its own documentation, without types.
"""A handler after OpenFaaS's blog post on Server-Sent Events: a generator in a response."""

import os

from flask import Response
from openai import OpenAI

client = OpenAI()


def handle(req):
    chunks = client.chat.completions.create(
        model=os.environ["openai_model"], messages=[{"role": "user", "content": req}], stream=True
    )

    def deltas():
        for chunk in chunks:
            if chunk.choices and (delta := chunk.choices[0].delta.content):
                yield f"data: {delta}\n\n"

    return Response(deltas(), mimetype="text/event-stream")

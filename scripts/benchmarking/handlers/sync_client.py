# mypy: allow-untyped-defs, no-check-untyped-defs
# A handler is written as an author writes it, without types.
"""`stream-openai` on the SDK's sync client."""

import os

from openai import OpenAI

from faas_stream import chat_messages, stream

client = OpenAI(max_retries=0)


def handle(req):
    return stream(
        client.chat.completions.create(
            model=os.environ["openai_model"],
            messages=chat_messages(req),
            stream=True,
            stream_options={"include_usage": True},
        )
    )

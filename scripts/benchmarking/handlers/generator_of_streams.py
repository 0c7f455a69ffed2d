# mypy: allow-untyped-defs, no-check-untyped-defs
# A handler is written as an author writes it, without types.
"""`stream-openai` as a generator of whole SDK streams: it yields a call that it does not await."""

import os

from openai import AsyncOpenAI, DefaultAioHttpClient

from faas_stream import chat_messages, stream

client = AsyncOpenAI(http_client=DefaultAioHttpClient(), max_retries=0)


def handle(req):
    messages = chat_messages(req)

    async def streams():
        yield client.chat.completions.create(
            model=os.environ["openai_model"],
            messages=(),
            extra_body={"messages": messages},
            stream=True,
            stream_options={"include_usage": True},
        )

    return stream(streams())

import os

from openai import AsyncOpenAI, DefaultAioHttpClient

from faas_stream import chat_messages, secret_source, stream

model = os.environ.get("openai_model") or "gpt-4o-mini"
client = AsyncOpenAI(
    api_key=secret_source("openai-api-key"),
    base_url=os.environ.get("openai_base_url") or None,
    http_client=DefaultAioHttpClient(),
    max_retries=0,
)


def handle(req):
    return stream(client.chat.completions.create(model=model, messages=chat_messages(req), stream=True))

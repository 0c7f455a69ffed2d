from openai import AsyncOpenAI, DefaultAioHttpClient

from faas_stream import chat_messages, secret_source, stream

client = AsyncOpenAI(api_key=secret_source("openai-api-key"), http_client=DefaultAioHttpClient(), max_retries=0)


def handle(req):
    return stream(client.chat.completions.create(model="gpt-4o-mini", messages=chat_messages(req), stream=True))

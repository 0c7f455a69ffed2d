from openai import OpenAI

from faas_stream import chat_messages, secret, stream

client = OpenAI(api_key=secret("openai-api-key"))


def handle(req):
    """Streams the model's answer to the prompt in `req` (the request's body, as text)."""
    messages = chat_messages(req)
    return stream(client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True))

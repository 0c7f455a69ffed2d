# mypy: allow-untyped-defs, no-check-untyped-defs
# A handler is written as an author writes it, without types.
"""`stream-langchain` on LangChain's `.stream()`, which runs in the request's thread."""

import os

from langchain_openai import ChatOpenAI

from faas_stream import chat_messages, stream

model = ChatOpenAI(model=os.environ["openai_model"], max_retries=0, stream_usage=True)


def handle(req):
    return stream(model.stream(chat_messages(req)))

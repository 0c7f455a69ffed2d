# mypy: ignore-errors
# A peer is written as in its own documentation, without types.
"""The cost of LangChain itself: `ChatOpenAI.stream()` in one thread per answer, in the smallest possible server."""

import os
from urllib.parse import urlsplit

from flask import Flask, Response, request
from langchain_openai import ChatOpenAI
from waitress import serve

STREAMS = 1100

app = Flask(__name__)
model = ChatOpenAI(model=os.environ["openai_model"], stream_usage=True)


@app.post("/")
def answer():
    prompt = request.get_data(as_text=True)
    return Response((f"data: {chunk.content}\n\n" for chunk in model.stream(prompt)), mimetype="text/event-stream")


if __name__ == "__main__":
    port = urlsplit(os.environ["upstream_url"]).port
    # waitress uses select by default, which fails above 1,024 descriptors.
    serve(app, host="127.0.0.1", port=port, threads=STREAMS, connection_limit=2 * STREAMS, asyncore_use_poll=True)

# mypy: ignore-errors
# A peer is written as in its own documentation, without types.
"""The cost of LangGraph itself: an agent's `.stream()` in one thread per answer, in the smallest possible server."""

import os
from urllib.parse import urlsplit

from flask import Flask, Response, request
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from waitress import serve

STREAMS = 1100


def calculator(expression: str) -> str:
    """Calculate an arithmetic expression."""
    return expression


def clock(time_zone: str) -> str:
    """Tell the date and time now, in a time zone."""
    return time_zone


def search_documents(query: str) -> str:
    """Search the documentation."""
    return query


app = Flask(__name__)
model = ChatOpenAI(model=os.environ["openai_model"], stream_usage=True)
agent = create_agent(model, [calculator, clock, search_documents], system_prompt="You are a helpful assistant.")


@app.post("/")
def answer():
    state = {"messages": [{"role": "user", "content": request.get_data(as_text=True)}]}
    chunks = agent.stream(state, stream_mode="messages")
    return Response((f"data: {chunk.content}\n\n" for chunk, _ in chunks), mimetype="text/event-stream")


if __name__ == "__main__":
    port = urlsplit(os.environ["upstream_url"]).port
    # waitress uses select by default, which fails above 1,024 descriptors.
    serve(app, host="127.0.0.1", port=port, threads=STREAMS, connection_limit=2 * STREAMS, asyncore_use_poll=True)

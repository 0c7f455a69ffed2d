"""Chains and agents of the real packages, sync and async. The request's path names what the function streams."""

import os
import warnings
from collections.abc import Callable
from typing import Any

import flask
from langchain.agents import create_agent
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import DefaultAioHttpClient

from faas_stream import http_client, stream

warnings.filterwarnings("ignore", message="The v3 streaming protocol")

model = ChatOpenAI(
    model="m",
    api_key=lambda: "k",
    base_url=os.environ["openai_base_url"],
    http_client=http_client(),
    http_async_client=DefaultAioHttpClient(),
    max_retries=0,
    stream_usage=True,
)
chain = ChatPromptTemplate.from_messages([("user", "{question}")]) | model | StrOutputParser()


@tool
def consult(question: str) -> str:
    """Asks another model."""
    return "".join(map(str, (piece.text for piece in model.stream(question))))


@tool("consult")
async def consult_async(question: str) -> str:
    """Asks another model."""
    return "".join([str(piece.text) async for piece in model.astream(question)])


agent = create_agent(model, [consult])
async_agent = create_agent(model, [consult_async])


def messages(req: str) -> Any:
    return {"messages": [("user", req)]}


MODES: Any = ["updates", "custom", "messages"]
SOURCES: dict[str, Callable[[str], Any]] = {
    "chain/sync": lambda req: chain.stream({"question": req}),
    "chain/async": lambda req: chain.astream({"question": req}),
    "chain/events": lambda req: chain.astream_events({"question": req}),
    "agent/sync": lambda req: agent.stream(messages(req), stream_mode="messages"),
    "agent/modes": lambda req: agent.stream(messages(req), stream_mode=MODES),
    "agent/v3": lambda req: agent.stream_events(messages(req), version="v3"),
    "agent/async": lambda req: async_agent.astream(messages(req), stream_mode="messages"),
    "agent/async_modes": lambda req: async_agent.astream(messages(req), stream_mode=MODES),
    "agent/async_v3": lambda req: async_agent.astream_events(messages(req), version="v3"),
    "agent/events": lambda req: async_agent.astream_events(messages(req)),
    "agent/sync_tool": lambda req: agent.astream(messages(req), stream_mode="messages"),
}


def handle(req: str) -> flask.Response:
    return stream(SOURCES[flask.request.path.strip("/")](req))

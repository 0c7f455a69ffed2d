"""An agent of LangGraph with three tools. Its steps and tool calls are part of the answer."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk
from langgraph.errors import GraphRecursionError

from faas_stream import ClientError, chat_messages, stream

from .guard import ToolGuard
from .model import make_model
from .options import Options
from .search import Index, read_sections
from .tools import make_tools

options = Options.of()
agent = create_agent(
    make_model(),
    make_tools(Index(read_sections(options.docs_dir, options.docs_url))),
    system_prompt=options.system_prompt,
    middleware=[ToolGuard(options.tool_timeout_s)],
)

# A call of the model is one step of the graph, and the tools that it calls are another. The last call has no tools.
RECURSION_LIMIT = 2 * options.max_steps - 1


def handle(req):
    # System messages of the caller are left out, because this function has its own instructions.
    messages = [message for message in chat_messages(req) if message["role"] in ("user", "assistant")]
    if not messages or messages[-1]["role"] != "user":
        raise ClientError("The last message must be the user's.", code="no_question")
    return stream(answer(messages))


async def answer(messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
    """The agent's steps, tool calls and text, as they come."""
    state: Any = {"messages": messages}
    run: Any = agent.astream(state, {"recursion_limit": RECURSION_LIMIT}, stream_mode=["messages", "updates"])
    try:
        async with aclosing(run):
            async for item in run:
                yield item
    except GraphRecursionError:
        text = f"\n\nI stopped after {options.max_steps} steps without an answer."
        yield AIMessageChunk(content=text, response_metadata={"finish_reason": "length"})

"""The guard around each tool call: it limits the call's time, and tells the model if the call fails."""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ToolCallRequest
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException
from langgraph.errors import GraphBubbleUp
from langgraph.types import Command

Result = ToolMessage | Command[Any]


class ToolGuard(AgentMiddleware):
    """Tells the model that a tool has failed or has taken too long, so that it can go on without it.

    The answer goes on too. The log has the traceback of an exception that is no ToolException. Neither the log nor the
    model gets the exception's text, because it can quote what the caller has sent.
    """

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        name = request.tool_call["name"]
        limit = asyncio.timeout(self._timeout_s)
        try:
            async with limit:
                return await handler(request)
        except GraphBubbleUp:  # an interrupt, which is no failure
            raise
        except ToolException as error:
            problem = str(error)
        except Exception as error:
            if limit.expired():
                problem = f"The tool {name} was stopped after {self._timeout_s:g} s."
                print(f"tool {name}: stopped after tool_timeout, {self._timeout_s:g} s", file=sys.stderr)
            else:
                problem = f"The tool {name} failed."
                trace = "".join(traceback.format_tb(error.__traceback__))
                print(f"tool {name} failed:\n{trace}{type(error).__qualname__}", file=sys.stderr)
        return ToolMessage(problem, tool_call_id=request.tool_call["id"], name=name, status="error")

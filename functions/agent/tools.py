"""The three tools of the agent. None of them changes anything, and none of them reaches the network."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from langchain_core.tools import BaseTool, ToolException, tool

from .calculator import ArithmeticRefusedError, calculate
from .search import Index

_SECTIONS = 3


def make_tools(index: Index) -> Sequence[BaseTool]:
    """The tools. Each raises ToolException, with a message for the model, for what it refuses."""

    @tool
    def calculator(expression: Annotated[str, "for example (17.5 * 3) ** 2 / sqrt(2)"]) -> str:
        """Calculate an arithmetic expression."""
        try:
            return str(calculate(expression))
        except ArithmeticRefusedError as error:
            raise ToolException(f"The calculator refuses this: {error}.") from None

    @tool
    def clock(time_zone: Annotated[str, "a name of the IANA database, such as Europe/Berlin"] = "UTC") -> str:
        """Tell the date and time now, in a time zone."""
        try:
            now = datetime.now(ZoneInfo(time_zone))
        except (KeyError, ValueError, OSError):  # there is no such zone; it is no name; it is a folder of zones
            message = f"The time zone {time_zone[:60]!r} is unknown: expected one such as Europe/Berlin or UTC."
            raise ToolException(message) from None
        return now.strftime("%A, %Y-%m-%d %H:%M:%S %Z (UTC%z)")

    @tool
    async def search_documents(
        query: Annotated[str, "words that the documents have"],
    ) -> str:
        """Search the documentation of the streaming template for OpenFaaS."""
        sections = await index.asearch(query, _SECTIONS)
        results = [{"title": section.metadata["title"], "text": section.page_content} for section in sections]
        return json.dumps(results, ensure_ascii=False) if results else "Nothing was found."

    return [calculator, clock, search_documents]

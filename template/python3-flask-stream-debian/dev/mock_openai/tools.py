"""The tools that a caller offers, and whether a question calls one of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import Body, wrong_type, wrong_value
from .frames import encode
from .samples import sample


@dataclass(frozen=True)
class Tool:
    name: str
    parameters: object


@dataclass(frozen=True)
class Toolbox:
    tools: tuple[Tool, ...] = ()
    forced: str = ""  # the name of the tool that the caller insists on
    is_required: bool = False
    is_closed: bool = False  # tool_choice "none"


@dataclass(frozen=True)
class ToolCall:
    name: str
    arguments: str  # a JSON document


def read(body: Body) -> Toolbox:
    """The tools of a request, in Chat's nested or in Responses' flat spelling."""
    items = body.get("tools") or []
    if not isinstance(items, list):
        raise wrong_type("tools", "an array of objects", items)
    tools = tuple(_tool(item, index) for index, item in enumerate(items) if _is_function(item))
    choice = body.get("tool_choice")
    if choice is None or choice == "auto":
        return Toolbox(tools)
    if not items:
        raise wrong_value("tool_choice", "it is only allowed when 'tools' are given.")
    if choice in ("none", "required"):
        return Toolbox(tools, is_required=choice == "required", is_closed=choice == "none")
    return Toolbox(tools, forced=_forced_name(choice, tools))


def chosen(box: Toolbox, question: str) -> ToolCall | None:
    """The call for this question: the forced tool, else a tool that it names, else any if it is about the weather."""
    if box.is_closed or not box.tools:
        return None
    tool = next((t for t in box.tools if t.name == box.forced), None) or _named_in(box.tools, question)
    if tool is None and (box.is_required or _words(question) & {"weather", "forecast"}):
        tool = box.tools[0]
    if tool is None:
        return None
    return ToolCall(tool.name, encode(sample(tool.parameters, question)).decode())


def _named_in(tools: Sequence[Tool], question: str) -> Tool | None:
    words = _words(question)
    return next((tool for tool in tools if _words(tool.name) & words), None)


def _words(text: str) -> set[str]:
    # Words of five letters or more: "get", "find" or "user" in a tool's name say nothing about a question.
    return {word.lower() for word in re.findall(r"[A-Za-z]{5,}", text.replace("_", " "))}


def _is_function(item: object) -> bool:
    return not isinstance(item, dict) or item.get("type", "function") == "function"


def _tool(item: object, index: int) -> Tool:
    function = item.get("function", item) if isinstance(item, dict) else item
    if not isinstance(function, dict):
        raise wrong_type(f"tools[{index}]", "an object", function)
    if not isinstance(function.get("name"), str):
        raise wrong_type(f"tools[{index}].name", "a string", function.get("name"))
    return Tool(function["name"], function.get("parameters"))


def _forced_name(choice: object, tools: Sequence[Tool]) -> str:
    if not isinstance(choice, dict):
        raise wrong_value("tool_choice", "expected 'none', 'auto', 'required' or an object that names a function.")
    if choice.get("type") != "function":
        return ""
    function = choice.get("function", choice)
    name = function.get("name") if isinstance(function, dict) else None
    if name not in [tool.name for tool in tools]:
        raise wrong_value("tool_choice", f"the function {name!r} is not among 'tools'.")
    return str(name)

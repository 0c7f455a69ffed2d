"""Messages that a graph's node has returned as LangGraph lets it: as a dict with a role, or as a pair of texts.

The graph makes LangChain's messages of them, but its stream of updates has what the node has returned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TYPES = {
    "assistant": "ai", "ai": "ai", "tool": "tool", "user": "human", "human": "human", "system": "system",
    "developer": "system",
}  # fmt: skip
_CONTENT, _ROLE = "content", "role"


@dataclass(slots=True)
class PlainMessage:
    """A message with the members of LangChain's that readers use."""

    type: str
    content: Any
    id: str | None = None
    name: str | None = None
    tool_calls: Sequence[Mapping[str, Any]] = ()
    tool_call_id: str = ""
    additional_kwargs: Mapping[str, Any] = field(default_factory=dict)
    response_metadata: Mapping[str, Any] = field(default_factory=dict)


def plain_messages_in(value: object) -> list[PlainMessage]:
    """The plain messages of a member of an update, which is one message or a list of them; [] for other members."""
    items = value if isinstance(value, list) else [value]
    messages = [message for item in items if (message := _plain_message(item))]
    return messages if len(messages) == len(items) else []


def _plain_message(value: object) -> PlainMessage | None:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        value = {_ROLE: value[0], _CONTENT: value[1]}
    if not isinstance(value, Mapping) or _CONTENT not in value:
        return None
    role = value.get(_ROLE)
    if not isinstance(role, str) or role not in _TYPES:
        return None
    calls = value.get("tool_calls")
    return PlainMessage(
        _TYPES[role],
        value[_CONTENT] or "",
        id=value.get("id"),
        name=value.get("name"),
        tool_calls=[_call(call) for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else (),
        tool_call_id=str(value.get("tool_call_id") or ""),
    )


def _call(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """The call in LangChain's shape. call: in OpenAI's shape or in LangChain's."""
    function = call.get("function")
    if not isinstance(function, Mapping):
        return call
    return {"id": call.get("id"), "name": function.get("name"), "args": function.get("arguments")}

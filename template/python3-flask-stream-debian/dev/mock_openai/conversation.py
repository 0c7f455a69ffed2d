"""The conversation of a request, in one shape for chat messages, a Responses `input` and a bare prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import Body, missing, wrong_type, wrong_value
from .tokens import count

ROLES = ("system", "developer", "user", "assistant", "tool", "function")


@dataclass(frozen=True)
class Turn:
    role: str
    text: str
    name: str = ""  # of the tool, if this is a tool's result


@dataclass(frozen=True)
class Conversation:
    turns: tuple[Turn, ...]

    @property
    def instructions(self) -> str:
        """The system prompt; several are joined by newlines."""
        return "\n".join(turn.text for turn in self.turns if turn.role in ("system", "developer"))

    @property
    def questions(self) -> list[str]:
        """The user's messages, the oldest first."""
        return [turn.text for turn in self.turns if turn.role == "user"]

    @property
    def question(self) -> str:
        """The user's last message; "" if there is none."""
        return self.questions[-1] if self.questions else ""

    @property
    def tool_results(self) -> list[Turn]:
        """The tool results at the very end, which the next answer is about."""
        results: list[Turn] = []
        for turn in reversed(self.turns):
            if turn.role not in ("tool", "function"):
                break
            results.insert(0, turn)
        return results

    @property
    def prompt_tokens(self) -> int:
        """The tokens of all turns, with four per turn for its wrapping, as OpenAI counts."""
        return sum(count(turn.text) + 4 for turn in self.turns)


def from_messages(body: Body) -> Conversation:
    """The conversation of a chat request."""
    messages = _array(body, "messages")
    tool_names = {
        _text_field(call, "id"): _text_field(call["function"], "name")
        for message in messages
        for call in _calls(message)
        if isinstance(call, dict) and "function" in call
    }
    return Conversation(tuple(_turn(m, f"messages[{i}]", tool_names) for i, m in enumerate(messages)))


def from_input(body: Body) -> Conversation:
    """The conversation of a Responses request: `instructions`, then `input` as text or as items."""
    value = body.get("input")
    opening = [Turn("system", str(body["instructions"]))] if body.get("instructions") else []
    if isinstance(value, str):
        return Conversation((*opening, Turn("user", value)))
    items = _array(body, "input")
    tool_names: dict[str, str] = {}
    turns = opening
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise wrong_type(f"input[{index}]", "an object", item)
        kind = item.get("type", "message")
        if kind == "function_call":
            tool_names[_text_field(item, "call_id")] = _text_field(item, "name")
        elif kind == "function_call_output":
            name = tool_names.get(_text_field(item, "call_id"), "")
            turns.append(Turn("tool", text_of(item.get("output"), f"input[{index}].output"), name))
        elif kind == "message":
            turns.append(_turn(item, f"input[{index}]", {}))
    return Conversation(tuple(turns))


def from_prompt(body: Body) -> Conversation:
    """The conversation of a legacy completion: one prompt, nothing before it."""
    prompt = body.get("prompt")
    if prompt is None:
        raise missing("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise wrong_type("prompt", "one string (the mock answers one prompt per request)", prompt)
    return Conversation((Turn("user", prompt),))


def text_of(content: object, param: str) -> str:
    """The text of a message's content, which is a string or an array of parts; other media become `[their type]`."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise wrong_type(param, "a string or an array of objects", content)
    return "".join(part["text"] if isinstance(part.get("text"), str) else f"[{part.get('type')}]" for part in content)


def _array(body: Body, param: str) -> Sequence[object]:
    if body.get(param) is None:
        raise missing(param)
    items = body[param]
    if not isinstance(items, list):
        raise wrong_type(param, "an array of objects", items)
    if not items:
        raise wrong_value(param, "expected an array with at least one item, but got an empty array.", "empty_array")
    return items


def _turn(message: object, param: str, tool_names: dict[str, str]) -> Turn:
    if not isinstance(message, dict):
        raise wrong_type(param, "an object", message)
    role = message.get("role")
    if role is None:
        raise missing(f"{param}.role")
    if role not in ROLES:
        raise wrong_value(f"{param}.role", f"expected one of {', '.join(ROLES)}, but got {role!r}.")
    content = message.get("content")
    if content is None and role != "assistant":
        raise wrong_type(f"{param}.content", "a string or an array of objects", content)
    name = tool_names.get(_text_field(message, "tool_call_id")) or _text_field(message, "name")
    return Turn(role, text_of(content, f"{param}.content"), name)


def _calls(message: object) -> list[object]:
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    return calls if isinstance(calls, list) else []


def _text_field(item: object, name: str) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""

"""What an author scripts of upstream: the items of a reply, and the replies of a call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from faas_stream.testing.requests import UpstreamRequest


class ScriptError(AssertionError):
    """The handler did not do what the test scripts: its message says what happened, and what to change."""


@dataclass(frozen=True)
class Reasoning:
    """A delta of what the model thinks before it answers."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool. arguments: an object, or its JSON text. id: default `call_1`, `call_2` …"""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True)
class FinishReason:
    """Why the reply ends, in OpenAI's terms: `stop`, `length`, `tool_calls`, `content_filter`. Default: `stop`, or
    `tool_calls` after a ToolCall."""

    reason: str


@dataclass(frozen=True)
class Usage:
    """The tokens that upstream counts. Default: one token of prompt, and one token for each item of the reply."""

    prompt_tokens: int = 1
    completion_tokens: int = 1


@dataclass(frozen=True)
class Silence:
    """Upstream sends nothing for this time; None: it never sends anything again. As the first item, it delays the first
    delta. A test with a silence without end should set `upstream_idle_timeout`."""

    seconds: float | None = None


@dataclass(frozen=True)
class Cut:
    """Upstream's connection breaks, in the middle of its stream or body."""


@dataclass(frozen=True)
class StreamError:
    """Upstream reports an error in its stream, after a status of 200, and ends it."""

    message: str = "The server had an error while processing your request."
    code: str = "server_error"


@dataclass(frozen=True)
class HttpError:
    """Upstream answers with this status and an error in the shape of its API. It stands for a whole reply."""

    status: int
    code: str = "error"
    message: str = "The scripted upstream refuses this request."
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ValueError(f"HttpError's status is {self.status}, but an error's is 400 to 599: use HttpResponse")


@dataclass(frozen=True)
class HttpResponse:
    """Upstream answers with exactly this, for an API that the scripted upstream does not know. It stands for a whole
    reply. body: bytes, text, or what is sent as JSON."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Item: TypeAlias = str | Reasoning | ToolCall | FinishReason | Usage | Silence | Cut | StreamError
Reply: TypeAlias = Sequence[Item] | Item | HttpError | HttpResponse
Replies: TypeAlias = Reply | Sequence[Reply] | Callable[[UpstreamRequest], Reply]

_WHOLE = (HttpError, HttpResponse)
_ITEMS = (str, Reasoning, ToolCall, FinishReason, Usage, Silence, Cut, StreamError)


@dataclass(frozen=True)
class Stream:
    """A reply as the dialects read it. items: text, Reasoning, ToolCall and pauses; end: None, Cut, Silence or
    StreamError."""

    items: tuple[Any, ...]
    finish_reason: str
    usage: Usage
    states_usage: bool
    end: Cut | Silence | StreamError | None


def replies(upstream: Replies | None) -> list[Stream | HttpError | HttpResponse]:
    """The replies of a call's `upstream`, one per request. Raises TypeError, ValueError, with what is expected."""
    if upstream is None:
        return []
    if isinstance(upstream, (*_ITEMS, *_WHOLE)):
        return [reply(upstream)]
    if not isinstance(upstream, Sequence):
        raise TypeError(f"upstream is {upstream!r}, but it must be a list of deltas such as ['Hi', ' there']")
    if not any(isinstance(item, (list, tuple, *_WHOLE)) for item in upstream):
        return [reply(upstream)]
    if any(isinstance(item, _ITEMS) for item in upstream):
        raise TypeError(
            f"upstream={upstream!r} mixes items and whole replies: put the items of each reply into a list of their "
            "own, for example upstream=[['Hi', ' there'], HttpError(500)]"
        )
    return [reply(one) for one in upstream]


def reply(value: Any) -> Stream | HttpError | HttpResponse:
    """One reply. Raises TypeError, ValueError, with what is expected."""
    if isinstance(value, _WHOLE):
        return value
    items = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    for item in items:
        if not isinstance(item, _ITEMS):
            raise TypeError(
                f"upstream has {item!r}, but an item of a reply is a str or one of "
                f"{', '.join(kind.__name__ for kind in _ITEMS[1:])}"
            )
    end = items[-1] if items and _is_end(items[-1]) else None
    before = items[:-1] if end else items
    for item in before:
        if _is_end(item):
            raise ValueError(f"upstream has items after {item!r}, which ends a reply: make it the last item")
    reasons = [item.reason for item in items if isinstance(item, FinishReason)]
    usages = [item for item in items if isinstance(item, Usage)]
    if len(reasons) > 1 or len(usages) > 1:
        raise ValueError("upstream has more than one FinishReason or Usage in one reply: leave one of each")
    deltas = tuple(item for item in before if not isinstance(item, FinishReason | Usage))
    usual = "tool_calls" if any(isinstance(item, ToolCall) for item in deltas) else "stop"
    counted = sum(not isinstance(item, Silence) for item in deltas)
    usage = usages[0] if usages else Usage(1, counted)
    return Stream(deltas, reasons[0] if reasons else usual, usage, bool(usages), end)


def _is_end(item: object) -> bool:
    return isinstance(item, Cut | StreamError) or (isinstance(item, Silence) and item.seconds is None)

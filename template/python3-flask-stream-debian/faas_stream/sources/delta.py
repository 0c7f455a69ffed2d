"""What one item of an upstream brings, and the error of an upstream that failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faas_stream.framing import Event


@dataclass(slots=True)  # frozen, it would take 0.6 µs longer to make
class Delta:
    """What one item brings: mostly one thing, sometimes nothing, and at the end of an answer often several.

    text, reasoning: a piece of the answer, of the model's reasoning. Neither has half a surrogate pair.
    tool_calls: pieces of calls, `{"index", "id", "name", "arguments"}`. `index` counts this answer's calls. `id` and
        `name` come with the first piece of a call only. `arguments` is a piece of JSON text.
    tool_results: `{"id", "name", "result"}`, or `"error"` in place of `"result"`.
    citations: `{"url", "title"}` as far as upstream sends them, and its other members.
    steps: `{"name", "state"}`, a graph's node that is "started" or "finished".
    value: an author's JSON value if `has_value`. event: an author's Event.
    finish_reason: in OpenAI's terms. usage: so far, as upstream counts it, under upstream's names.
    verbatim: the JSON that upstream sent if it is a valid chunk of (Chat) Completions, on one line.
    by_agent: the source is a graph or an agent, which may execute its tool calls itself. A value is then progress of
        its own, no part of the answer.
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    tool_results: Sequence[Mapping[str, Any]] = ()
    citations: Sequence[Mapping[str, Any]] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    value: Any = None
    has_value: bool = False
    event: Event | None = None
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    verbatim: str = ""
    by_agent: bool = field(default=False, compare=False)


def characters(value: object) -> int:
    """How many characters or bytes the texts of a JSON value or an event have."""
    if isinstance(value, str | bytes | bytearray):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(characters, value)) + sum(map(characters, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(characters, value))
    return characters(value.data) if isinstance(value, Event) else 0


class UpstreamFailedError(Exception):
    """Upstream reported in its stream that the answer failed, ended the stream too early, or sent what is no answer.

    The message is this bundle's own. What upstream said is in the attributes, for the log: its `status`, `code`,
    `type`, `param` and `request_id`. `is_reported`: upstream itself reported the failure. `upstream_message` may quote
    a prompt, so it must leave the process only if the operator has allowed it.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        upstream_message: str | None = None,
        is_reported: bool = False,
    ) -> None:
        super().__init__(message)
        self.is_reported = is_reported
        self.status, self.code, self.type, self.param = status, code, type, param
        self.request_id, self.upstream_message = request_id, upstream_message


class UpstreamReadError(Exception):
    """The template's own read of upstream's response failed. The cause is the HTTP library's exception."""

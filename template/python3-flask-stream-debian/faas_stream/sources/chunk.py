"""What one item of a source brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COMPLETED = "completed"
"""The finish reason of the Responses API, which does not say there whether the model stopped or called a tool."""


class StreamFailedError(Exception):
    """Upstream said in its own stream that the answer failed, or broke it off without its end."""


@dataclass(slots=True)  # frozen, it would take 0.6 µs longer to make
class Chunk:
    """Most chunks bring one thing, some (a last one) several, some none.

    text, reasoning: deltas. value: an author's JSON value, where `has_value`. tool_calls: deltas, and citations: each
    `{"url", "title"}`, in the shape of Chat Completions. usage: as upstream counts it, under upstream's names.
    verbatim: the JSON that upstream sent, where it was a chunk of (Chat) Completions.
    """

    text: str = ""
    reasoning: str = ""
    value: Any = None
    has_value: bool = False
    tool_calls: Sequence[Mapping[str, Any]] = ()
    citations: Sequence[Mapping[str, Any]] = ()
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    verbatim: str = ""


NOTHING = Chunk()


class Batch(tuple[Chunk, ...]):
    """The chunks that arrived together, and may leave together."""


PAUSE = Batch()
"""What a source that need not wait yields while there is nothing to read."""

"""What an answer's deltas look like on the wire: one module a format, all with the interface of `Format`.

A format turns what happens in an answer into frames, and knows neither sources nor transport. To add one to Server-Sent
Events: a module with a class, and a line in `streamed`.

| module | media type | chosen by |
|---|---|---|
| text | text/event-stream | `format=text`, the default |
| named_events | text/event-stream | `format=json` |
| openai | text/event-stream | `format=openai` |
| ai_sdk | text/event-stream | `format=ai-sdk` |
| lines | application/x-ndjson | Accept |
| plain | text/plain | Accept |
| document | application/json | Accept |
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self


class Frame(NamedTuple):
    """One piece for the wire. Formats that are not Server-Sent Events fill in `data` alone."""

    data: str
    event: str | None = None
    id: str | None = None
    retry: int | None = None


Frames = list[Frame]


class Format:
    """What is said when something happens in an answer: the frames to send, or none. An instance serves one answer."""

    headers: ClassVar[Mapping[str, str]] = {}
    """Headers of the HTTP answer beside the usual ones."""

    @classmethod
    def for_event_source(cls) -> Self:
        """The format for a browser's EventSource, which asks again when a stream ends, unless it can tell that it did.

        It can with an id, which it sends back as `Last-Event-ID`.
        """
        return cls()

    keeps_verbatim: ClassVar[bool] = False
    """True if `verbatim` takes upstream's own chunks, in place of what they bring."""

    def start(self, answer_id: str, created: int) -> Frames:
        """The answer begins; before the first of all other calls. created: seconds since 1970."""
        return []

    def verbatim(self, chunk: str) -> Frames:
        """The JSON of a chunk of (Chat) Completions, as upstream sent it."""
        raise NotImplementedError

    def text(self, delta: str) -> Frames:
        """A piece of the answer's text, never empty."""
        return [Frame(delta)]

    def reasoning(self, delta: str) -> Frames:
        """A piece of the model's reasoning, which is not part of the answer's text."""
        return []

    def tool_call(self, delta: Mapping[str, Any]) -> Frames:
        """A piece of a tool call, in the shape of Chat Completions: `index`, and of `id`, `function` what is new."""
        return []

    def citation(self, citation: Mapping[str, Any]) -> Frames:
        """A source that the answer cites: `url`, `title` and whatever else upstream says of it."""
        return []

    def value(self, value: Any) -> Frames:
        """A JSON value of the author's."""
        return [Frame(json.dumps(value))]

    def event(self, frame: Frame) -> Frames:
        """An event of the author's."""
        return [frame]

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> Frames:
        """The answer is complete: the end marker."""
        return []

    def error(self, code: str, message: str) -> Frames:
        """The answer ends here and is not complete."""
        return [Frame(json.dumps({"code": code, "message": message}), event="error")]


def streamed() -> Mapping[str, type[Format]]:
    """The formats of Server-Sent Events by name; imported when asked for, since they import this module."""
    from faas_stream.formats.ai_sdk import AiSdk
    from faas_stream.formats.named_events import NamedEvents
    from faas_stream.formats.openai import OpenAI
    from faas_stream.formats.text import Text

    return {"text": Text, "json": NamedEvents, "openai": OpenAI, "ai-sdk": AiSdk}

"""When is an answer complete? The one rule, for every source.

| source | complete when |
|---|---|
| OpenAI Chat Completions, Completions | a finish reason was seen, or `[DONE]` after at least one choice |
| OpenAI Responses | `response.completed` or `response.incomplete` |
| OpenAI speech, transcription, images | an event that ends in `.done` or `.completed` |
| Anthropic | `message_stop` |
| LangChain, LangGraph messages | a finish reason was seen, if chunks have a `model_provider`; else the iterator ends |
| our own `json`, relayed | `end` |
| strings, dicts, events, bytes | the iterator ends |

The reader of each API notes in a `Completeness` what it has seen. StreamReader and ItemReader check it at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from faas_stream.sources.delta import UpstreamFailedError

_ABSENT = ("", "null")
_FAILED = ("error", "abort")
_COMPLETED, _INCOMPLETE = "completed", "incomplete"
RESPONSE_ENDS = (_COMPLETED, _INCOMPLETE, "failed", "cancelled")
"""The statuses of the Responses API after which nothing follows."""

MEDIA_ENDS = ("done", _COMPLETED)
"""The last word of the events after which speech, a transcript or an image is whole."""

_OPENAI_TERMS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def finish_reason(reason: object) -> str | None:
    """Upstream's finish reason in OpenAI's terms, None if there is none. A reason without such a term is unchanged.

    Raises UpstreamFailedError for a reason that means that upstream failed.
    """
    if not isinstance(reason, str) or reason in _ABSENT:
        return None
    if reason in _FAILED:
        raise UpstreamFailedError(f"upstream ended the answer with the finish reason {reason!r}", code=reason)
    return _OPENAI_TERMS.get(reason, reason)


def response_finish_reason(status: object, incomplete_details: object, has_tool_calls: bool) -> str | None:
    """The finish reason of a response of the Responses API with this status, None unless it has ended.

    Raises UpstreamFailedError for a status that means that upstream failed.
    """
    if status not in RESPONSE_ENDS:
        return None
    if status == _COMPLETED:  # this status does not say how the answer ended
        return "tool_calls" if has_tool_calls else "stop"
    if status == _INCOMPLETE:
        details = incomplete_details if isinstance(incomplete_details, Mapping) else {}
        return finish_reason(details.get("reason")) or _INCOMPLETE
    raise UpstreamFailedError(f"upstream reported that the response was {status}", code=status)


@dataclass(slots=True)
class Completeness:
    """What was seen of an answer's end.

    needs_end: the source has an end of its own, so that the iterator's or the transfer's end is not enough.
    has_choices: a choice of (Chat) Completions was seen. has_end: the source's own end was seen.
    has_content: text or a tool call was read. omitted_type: of the first item that no format can carry.
    """

    needs_end: bool = False
    has_choices: bool = False
    has_end: bool = False
    has_content: bool = False
    omitted_type: str = ""

    def done(self) -> None:
        """`[DONE]` was seen."""
        self.has_end = self.has_end or self.has_choices

    def check(self) -> None:
        """Raises UpstreamFailedError unless the answer is complete."""
        if self.needs_end and not self.has_end:
            raise UpstreamFailedError("upstream's stream ended without the end of the answer")
        if self.omitted_type and not self.has_content:
            raise UpstreamFailedError(
                f"the answer consists of {self.omitted_type}, which no format can send: "
                "docs/formats.md lists what is sent"
            )

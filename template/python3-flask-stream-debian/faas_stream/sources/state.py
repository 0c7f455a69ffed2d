"""What all readers of one answer share."""

from collections.abc import Collection
from dataclasses import dataclass, field

from faas_stream.sources.completeness import Completeness
from faas_stream.sources.delta import Delta
from faas_stream.sources.failures import identifier
from faas_stream.sources.tool_calls import ToolCalls
from faas_stream.sources.values import WholeText

CHAT, RESPONSES, ANTHROPIC, LANGCHAIN = APIS = "chat", "responses", "anthropic", "langchain"
"""The APIs of which some items are left out."""


@dataclass(slots=True)
class AnswerState:
    """What was read of an answer so far.

    sent_whole: the APIs whose objects are sent as upstream sent them, so that nothing of them is left out.
    unknown: the type of the first object that was skipped because nothing is known about it, for the log.
    """

    text: WholeText = field(default_factory=WholeText)
    reasoning: WholeText = field(default_factory=WholeText)
    calls: ToolCalls = field(default_factory=ToolCalls)
    completeness: Completeness = field(default_factory=Completeness)
    sent_whole: Collection[str] = ()
    unknown: str = ""

    def append(self, delta: Delta, out: list[Delta]) -> None:
        """Adds a delta to `out`. Text and tool calls are what an answer is for; reasoning alone is no answer."""
        if delta.text or delta.tool_calls:
            self.completeness.has_content = True
        out.append(delta)

    def leave_out(self, api: str, kind: str) -> None:
        """Notes an item of this type, which no format can carry."""
        if api not in self.sent_whole:
            self.completeness.omitted_type = self.completeness.omitted_type or kind

    def skip(self, kind: object) -> None:
        """Notes that an object of this type was skipped. A type that could quote a prompt is not kept."""
        self.unknown = self.unknown or identifier(kind) or "object"

    def remainder(self) -> Delta | None:
        """What was held back and will not be completed any more, None if nothing was."""
        text, reasoning, calls = self.text.end(), self.reasoning.end(), self.calls.end()
        return Delta(text=text, reasoning=reasoning, tool_calls=calls) if text or reasoning or calls else None

    @property
    def notes(self) -> list[str]:
        """A line for the log if an unknown object was skipped."""
        return [f"skipped what upstream sent with the unknown type {self.unknown!r}"] if self.unknown else []

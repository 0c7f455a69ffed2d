"""What the dialects know together about one answer."""

from dataclasses import dataclass, field

from faas_stream.sources.completeness import Completeness
from faas_stream.sources.delta import Delta
from faas_stream.sources.tool_calls import ToolCalls
from faas_stream.sources.values import WholeText


@dataclass(slots=True)
class AnswerState:
    """An answer that is being read.

    unknown: the type of the first object that was skipped because nothing is known about it, for the log.
    """

    text: WholeText = field(default_factory=WholeText)
    reasoning: WholeText = field(default_factory=WholeText)
    calls: ToolCalls = field(default_factory=ToolCalls)
    completeness: Completeness = field(default_factory=Completeness)
    unknown: str = ""

    def remainder(self) -> Delta | None:
        """What was held back and will not be completed any more, None if nothing was."""
        text, reasoning, calls = self.text.end(), self.reasoning.end(), self.calls.end()
        return Delta(text=text, reasoning=reasoning, tool_calls=calls) if text or reasoning or calls else None


def skipped(state: AnswerState) -> list[str]:
    """A line for the log if an unknown object was skipped."""
    return [f"skipped what upstream sent with the unknown type {state.unknown[:100]!r}"] if state.unknown else []

"""The format `json` of this bundle, relayed: its events as deltas. The format writes what this module reads."""

from typing import Any

from faas_stream.framing import Event
from faas_stream.sources.completeness import finish_reason
from faas_stream.sources.delta import Delta
from faas_stream.sources.state import AnswerState

_START = "start"


class JsonEventsReader:
    """Reads the events of one answer."""

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        state.completeness.needs_end = True

    @staticmethod
    def recognises(name: str, data: object) -> bool:
        """True for the first event of such a stream."""
        return name == _START and isinstance(data, dict) and isinstance(data.get("id"), str)

    def read(self, name: str, data: Any, verbatim: str, out: list[Delta]) -> bool:
        """Appends what the event brings. verbatim: its data as text. Returns True if nothing follows it."""
        match name:
            case "message":
                out.append(Delta(text=self._state.text(data["text"])))
            case "reasoning":
                out.append(Delta(reasoning=self._state.reasoning(data["text"])))
            case "tool_call":
                call = self._state.calls.add(data.get("index"), data.get("id"), data.get("name"), data.get("arguments"))
                # The function that is relayed may be an agent.
                out.append(Delta(tool_calls=[call] if call else (), by_agent=True))
            case "tool_result":
                out.append(Delta(tool_results=[data], by_agent=True))
            case "citation":
                out.append(Delta(citations=[data]))
            case "step":
                out.append(Delta(steps=[data]))
            case "data":
                out.append(Delta(value=data, has_value=True))
            case "end":
                self._state.completeness.has_end = True
                out.append(Delta(finish_reason=finish_reason(data.get("finish_reason")), usage=data.get("usage")))
                return True
            case "start":
                pass
            case _:
                out.append(Delta(event=Event(verbatim, name or None)))
        return False

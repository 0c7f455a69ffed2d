"""The events of Anthropic's Messages API as deltas. Which blocks are sent and which are left out: docs/formats.md."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.citations import citation
from faas_stream.sources.completeness import finish_reason
from faas_stream.sources.delta import Delta
from faas_stream.sources.state import ANTHROPIC, AnswerState

_EVENTS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
)
_WHOLE = "message"
_CARRIED_BLOCKS = ("text", "thinking", "redacted_thinking", "tool_use")


class AnthropicReader:
    """Reads the events of one message."""

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        state.completeness.needs_end = True
        self._usage: dict[str, Any] = {}
        self._open_calls: dict[Any, Any] = {}  # block index: the input that came with its start

    @staticmethod
    def recognises(data: Mapping[str, Any]) -> bool:
        """True for an event of a message, or a whole message."""
        return data.get("type") in (*_EVENTS, _WHOLE)

    def read(self, data: Mapping[str, Any], out: list[Delta]) -> bool:
        """Appends what the event brings. Returns True if nothing follows it. Raises UpstreamFailedError."""
        match data["type"]:
            case "content_block_delta":
                self._read_delta(data.get("index"), data["delta"], out)
            case "content_block_start":
                self._read_block(data.get("index"), data["content_block"], out)
            case "content_block_stop" if data.get("index") in self._open_calls:
                index = data.get("index")
                first_input = self._open_calls.pop(index)
                if not self._state.calls.has_arguments(index):
                    self._append_call(index, None, None, first_input or {}, out)
            case "message_start":
                self._state.completeness.has_end = False
                self._usage.clear()
                out.append(Delta(usage=self._merged(data["message"].get("usage"))))
            case "message_delta":
                usage = self._merged(data.get("usage"))
                reason = finish_reason((data.get("delta") or {}).get("stop_reason"))
                out.append(Delta(finish_reason=reason, usage=usage))
            case "message_stop":
                self._state.completeness.has_end = True
                return True
            case "message":
                for index, block in enumerate(data["content"]):
                    self._read_block(index, block, out)
                reason = finish_reason(data.get("stop_reason"))
                out.append(Delta(finish_reason=reason, usage=self._merged(data.get("usage"))))
                self._state.completeness.has_end = True
                return True
        return False

    def _read_delta(self, index: object, delta: Mapping[str, Any], out: list[Delta]) -> None:
        match delta.get("type"):
            case "text_delta":
                self._state.append(Delta(text=self._state.text(delta.get("text") or "")), out)
            case "thinking_delta":
                self._state.append(Delta(reasoning=self._state.reasoning(delta.get("thinking") or "")), out)
            case "input_json_delta" if index in self._open_calls and delta.get("partial_json"):
                self._append_call(index, None, None, delta["partial_json"], out)
            case "citations_delta":
                if source := citation(delta.get("citation") or {}):
                    out.append(Delta(citations=[source]))

    def _read_block(self, index: object, block: Mapping[str, Any], out: list[Delta]) -> None:
        kind = block.get("type")
        if kind == "tool_use":
            self._open_calls[index] = block.get("input")
            self._append_call(index, block.get("id"), block.get("name"), None, out)
        elif kind == "text" and block.get("text"):
            self._state.append(Delta(text=self._state.text(block["text"])), out)
        elif kind == "thinking" and block.get("thinking"):
            self._state.append(Delta(reasoning=self._state.reasoning(block["thinking"])), out)
        elif kind not in _CARRIED_BLOCKS:
            self._state.leave_out(ANTHROPIC, str(kind))

    def _append_call(self, index: object, id: object, name: object, arguments: object, out: list[Delta]) -> None:
        if piece := self._state.calls.add(index, id, name, arguments):
            self._state.append(Delta(tool_calls=[piece]), out)

    def _merged(self, usage: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """The usage so far. The counts at the end are totals, and some servers repeat only that of the output."""
        self._usage.update({name: count for name, count in (usage or {}).items() if count is not None})
        return dict(self._usage) or None

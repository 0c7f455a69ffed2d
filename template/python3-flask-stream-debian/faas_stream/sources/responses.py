"""The events of OpenAI's Responses API as deltas. Which items are sent and which are left out: docs/formats.md."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.citations import citation
from faas_stream.sources.completeness import RESPONSE_ENDS, response_finish_reason
from faas_stream.sources.content import read_content
from faas_stream.sources.delta import Delta
from faas_stream.sources.failures import failure_of_member
from faas_stream.sources.state import RESPONSES, AnswerState

_PREFIX = "response."
_TEXT = ("output_text", "refusal", "audio.transcript", "output_audio_transcript")
_REASONING = ("reasoning_text", "reasoning_summary_text")
_ARGUMENTS = {"function_call_arguments": "arguments", "custom_tool_call_input": "input", "mcp_call_arguments": ""}
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_WITH_DELTAS = ("message", "reasoning")


class ResponsesReader:
    """Reads the events of one response."""

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        state.completeness.needs_end = True
        self._parts: set[tuple[Any, ...]] = set()  # those whose deltas have been read
        self._cited: set[Any] = set()  # indexes of the messages whose annotations have been read

    @staticmethod
    def recognises(data: Mapping[str, Any]) -> bool:
        """True for an event of the Responses API, or a whole response."""
        return str(data.get("type", "")).startswith(_PREFIX) or data.get("object") == "response"

    def read(self, data: Mapping[str, Any], out: list[Delta]) -> bool:
        """Appends what the event brings. Returns True if nothing follows it. Raises UpstreamFailedError."""
        if "type" not in data:  # a whole response
            return data["status"] in RESPONSE_ENDS and self._read_end(data["status"], data, out)
        kind, _, phase = data["type"].removeprefix(_PREFIX).rpartition(".")
        if phase == "created" and not kind:
            self._state.completeness.has_end = False
            self._parts.clear()
            self._cited.clear()
        elif phase == "delta":
            self._read_piece(kind, data, data.get("delta"), out)
        elif phase == "done" and kind != "output_item":
            # Some servers send no deltas before it.
            if not self._has_deltas(kind, data):
                name = "refusal" if kind == "refusal" else _ARGUMENTS.get(kind) or "text"
                self._read_piece(kind, data, data.get(name), out)
        elif kind == "output_item":
            self._read_item(data.get("output_index"), data["item"], phase, out)
        elif phase == "added" and kind == "output_text.annotation":
            self._cited.add(data.get("output_index"))
            if source := citation(data["annotation"]):
                out.append(Delta(citations=[source]))
        elif phase in RESPONSE_ENDS and not kind:
            return self._read_end(phase, data["response"], out)
        return False

    def _has_deltas(self, kind: str, data: Mapping[str, Any]) -> bool:
        if kind in _ARGUMENTS:
            return self._state.calls.has_arguments(data.get("output_index"))
        return _part(kind, data) in self._parts

    def _read_piece(self, kind: str, data: Mapping[str, Any], piece: object, out: list[Delta]) -> None:
        if not isinstance(piece, str) or not piece:
            return
        self._parts.add(_part(kind, data))
        if kind in _TEXT:
            self._state.append(Delta(text=self._state.text(piece)), out)
        elif kind in _REASONING:
            self._state.append(Delta(reasoning=self._state.reasoning(piece)), out)
        elif _ARGUMENTS.get(kind):
            self._append_call(data.get("output_index"), {}, piece, out)
        else:
            self._state.leave_out(RESPONSES, kind)

    def _read_item(self, index: object, item: Mapping[str, Any], phase: str, out: list[Delta]) -> None:
        kind = item.get("type")
        if kind in _WITH_DELTAS:
            if phase == "done":
                self._read_done(index, item, out)
        elif kind in _CALLS:
            arguments = item.get(_CALLS[kind]) or ""
            is_known = self._state.calls.has_arguments(index)
            self._append_call(index, item, "" if is_known else arguments, out)
        else:
            self._state.leave_out(RESPONSES, str(kind))

    def _append_call(self, index: object, item: Mapping[str, Any], arguments: str, out: list[Delta]) -> None:
        piece = self._state.calls.add(index, item.get("call_id"), item.get("name"), arguments)
        if piece:
            self._state.append(Delta(tool_calls=[piece]), out)

    def _read_end(self, phase: str, response: Mapping[str, Any], out: list[Delta]) -> bool:
        if failure := failure_of_member(response, response):
            raise failure
        if not self._state.completeness.has_content:
            self._read_output(response.get("output") or (), out)
        details = response.get("incomplete_details")
        reason = response_finish_reason(phase, details, bool(self._state.calls))
        self._state.completeness.has_end = True
        out.append(Delta(finish_reason=reason, usage=response.get("usage") or None))
        return True

    def _read_output(self, output: Any, out: list[Delta]) -> None:
        """Reads the whole output of a response whose events brought none of it."""
        for index, item in enumerate(output):
            self._read_item(index, item, "done", out)

    def _read_done(self, index: object, item: Mapping[str, Any], out: list[Delta]) -> None:
        """Reads a whole message or reasoning. Some servers send no deltas of it before, or no annotations."""
        has_deltas = any(part[1] == index for part in self._parts)
        parts = [item] if item["type"] == "reasoning" else item.get("content") or ()
        for part in parts:
            content = read_content(part)
            sources = [] if index in self._cited else content.citations
            if has_deltas:
                delta = Delta(citations=sources)
            else:
                text, reasoning = self._state.text(content.text), self._state.reasoning(content.reasoning)
                delta = Delta(text, reasoning, citations=sources)
            self._state.append(delta, out)
        self._parts.add(_part("", {"output_index": index}))
        self._cited.add(index)


def _part(kind: str, data: Mapping[str, Any]) -> tuple[Any, ...]:
    return kind, data.get("output_index"), data.get("content_index"), data.get("summary_index")

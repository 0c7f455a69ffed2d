"""The format `ai-sdk`: the AI SDK's UI message stream, for `useChat` and whatever reads it.

Its readers refuse parts they do not know, so nothing is sent that npm `ai` 6 does not define.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from faas_stream.formats import Format, Frame, Frames

_ABORTED = ("deadline_exceeded", "shutting_down")
_FINISH_REASONS = {"tool_calls": "tool-calls", "function_call": "tool-calls", "content_filter": "content-filter"}


class AiSdk(Format):
    """Parts of one step: text, reasoning, tool input and sources, each block with its start and end."""

    headers: ClassVar[Mapping[str, str]] = {"x-vercel-ai-ui-message-stream": "v1"}

    def __init__(self) -> None:
        self._block: tuple[str, str] | None = None  # the kind and id of the open text or reasoning
        self._blocks = 0
        self._calls: dict[int, dict[str, str]] = {}
        self._citations = 0

    def start(self, answer_id: str, created: int) -> Frames:
        return [_part("start", messageId=answer_id), _part("start-step")]

    def text(self, delta: str) -> Frames:
        return self._written("text", delta)

    def reasoning(self, delta: str) -> Frames:
        return self._written("reasoning", delta)

    def tool_call(self, delta: Mapping[str, Any]) -> Frames:
        function = delta.get("function") or {}
        call = self._calls.get(delta.get("index") or 0)
        frames: Frames = []
        if call is None:
            call = {
                "id": delta.get("id") or f"call-{len(self._calls)}",
                "name": function.get("name") or "",
                "input": "",
            }
            self._calls[delta.get("index") or 0] = call
            frames = [*self._closed(), _part("tool-input-start", toolCallId=call["id"], toolName=call["name"])]
        if piece := function.get("arguments"):
            call["input"] += piece
            frames.append(_part("tool-input-delta", toolCallId=call["id"], inputTextDelta=piece))
        return frames

    def citation(self, citation: Mapping[str, Any]) -> Frames:
        self._citations += 1
        title = {"title": citation["title"]} if citation.get("title") else {}
        return [_part("source-url", sourceId=f"source-{self._citations}", url=citation["url"], **title)]

    def value(self, value: Any) -> Frames:
        return [_part("data-value", data=value)]

    def event(self, frame: Frame) -> Frames:
        return [_part(f"data-{frame.event}", data=frame.data)] if frame.event else self.text(frame.data)

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> Frames:
        reason = _FINISH_REASONS.get(finish_reason or "", finish_reason or "other")
        metadata = {"finishReason": finish_reason, "usage": usage}
        finish = _part("finish", finishReason=reason if reason in _KNOWN else "other", messageMetadata=metadata)
        calls = [self._called(call) for call in self._calls.values()]
        return [*self._closed(), *calls, _part("finish-step"), finish, Frame("[DONE]")]

    def error(self, code: str, message: str) -> Frames:
        aborted = [_part("abort")] if code in _ABORTED else []
        return [*self._closed(), *aborted, _part("error", errorText=f"{message} ({code})")]

    def _written(self, kind: str, delta: str) -> Frames:
        frames: Frames = []
        if self._block is None or self._block[0] != kind:
            frames = self._closed()
            self._blocks += 1
            self._block = (kind, f"{kind}-{self._blocks}")
            frames.append(_part(f"{kind}-start", id=self._block[1]))
        return [*frames, _part(f"{kind}-delta", id=self._block[1], delta=delta)]

    def _closed(self) -> Frames:
        """The end of the block that is open."""
        if self._block is None:
            return []
        (kind, block), self._block = self._block, None
        return [_part(f"{kind}-end", id=block)]

    def _called(self, call: Mapping[str, str]) -> Frame:
        named = {"toolCallId": call["id"], "toolName": call["name"]}
        try:
            return _part("tool-input-available", **named, input=json.loads(call["input"] or "{}"))
        except ValueError:
            return _part("tool-input-error", **named, input=call["input"], errorText="The tool's input is not JSON.")


_KNOWN = ("stop", "length", "content-filter", "tool-calls", "error", "other")


def _part(type: str, **fields: Any) -> Frame:
    return Frame(json.dumps({"type": type, **fields}))

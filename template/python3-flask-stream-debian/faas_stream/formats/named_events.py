"""The format `json`: named events with JSON data, for applications in a browser."""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.formats import Format, Frame, Frames


class NamedEvents(Format):
    """`start`, then `message`, `reasoning`, `tool_call`, `citation`, `data`, last `end` or `error`; each with an id.

    An author's Event keeps its own name, and its id if it has one.
    """

    def __init__(self) -> None:
        self._sent = 0

    def start(self, answer_id: str, created: int) -> Frames:
        return self._frame("start", {"id": answer_id})

    def text(self, delta: str) -> Frames:
        return self._frame("message", {"text": delta})

    def reasoning(self, delta: str) -> Frames:
        return self._frame("reasoning", {"text": delta})

    def tool_call(self, delta: Mapping[str, Any]) -> Frames:
        return self._frame("tool_call", delta)

    def citation(self, citation: Mapping[str, Any]) -> Frames:
        return self._frame("citation", citation)

    def value(self, value: Any) -> Frames:
        return self._frame("data", value)

    def event(self, frame: Frame) -> Frames:
        self._sent += 1
        return [frame if frame.id is not None else frame._replace(id=str(self._sent))]

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> Frames:
        return self._frame("end", {"finish_reason": finish_reason, "usage": usage})

    def error(self, code: str, message: str) -> Frames:
        return self._frame("error", {"code": code, "message": message})

    def _frame(self, event: str, data: Any) -> Frames:
        self._sent += 1
        return [Frame(json.dumps(data), event, str(self._sent))]

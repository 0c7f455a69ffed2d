"""One JSON document, for callers that want the whole answer: an asynchronous invocation, its callback, a script."""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.formats import Format, Frame, Frames


class Document(Format):
    """`{"text", "finish_reason", "usage"}`; with `reasoning` and `data` (the author's values) where there were any.

    Nothing is sent before the end, so that an error still has its HTTP status.
    """

    def __init__(self) -> None:
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._data: list[Any] = []

    def text(self, delta: str) -> Frames:
        self._text.append(delta)
        return []

    def reasoning(self, delta: str) -> Frames:
        self._reasoning.append(delta)
        return []

    def value(self, value: Any) -> Frames:
        self._data.append(value)
        return []

    def event(self, frame: Frame) -> Frames:
        if frame.event in (None, "message"):
            return self.text(frame.data)
        return self.value({"event": frame.event, "data": frame.data})

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> Frames:
        document: dict[str, Any] = {"text": "".join(self._text), "finish_reason": finish_reason, "usage": usage}
        if self._reasoning:
            document["reasoning"] = "".join(self._reasoning)
        if self._data:
            document["data"] = self._data
        return [Frame(json.dumps(document) + "\n")]

    def error(self, code: str, message: str) -> Frames:
        return [Frame(json.dumps({"error": {"code": code, "message": message}}) + "\n")]

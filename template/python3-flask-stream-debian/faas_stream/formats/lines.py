"""Newline-delimited JSON: one object a line, for programs that read lines."""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.formats import Format, Frame, Frames


class Lines(Format):
    """`{"text": …}` for each delta, last `{"finish_reason": …, "usage": …}` or `{"error": {"code", "message"}}`."""

    def text(self, delta: str) -> Frames:
        return self.value({"text": delta})

    def reasoning(self, delta: str) -> Frames:
        return self.value({"reasoning": delta})

    def value(self, value: Any) -> Frames:
        return [Frame(json.dumps(value) + "\n")]

    def event(self, frame: Frame) -> Frames:
        return self.value({key: value for key, value in frame._asdict().items() if value is not None})

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> Frames:
        return self.value({"finish_reason": finish_reason, "usage": usage})

    def error(self, code: str, message: str) -> Frames:
        return self.value({"error": {"code": code, "message": message}})

"""Bare text, for a terminal or a file."""

import json
from typing import Any

from faas_stream.formats import Format, Frame, Frames


class Plain(Format):
    """The deltas as they are. The end has no marker; a cut answer ends in a line that says so."""

    def __init__(self) -> None:
        self._at_start = True

    def text(self, delta: str) -> Frames:
        if self._at_start:
            delta = delta.removeprefix("\ufeff")  # at the start of a text it would be a byte order mark
            self._at_start = not delta
        return [Frame(delta)] if delta else []

    def value(self, value: Any) -> Frames:
        return self.text(json.dumps(value) + "\n")

    def event(self, frame: Frame) -> Frames:
        return self.text(frame.data)

    def error(self, code: str, message: str) -> Frames:
        return [Frame(f"\n[error {code}: {message}]\n")]

"""Bare text, for a terminal or a file."""

import json
from typing import ClassVar

from faas_stream.formats.base import Format
from faas_stream.sources.delta import Delta


class Plain(Format):
    """The deltas as they are. The end has no marker; a cut answer ends in a line that says so."""

    media_type: ClassVar[str] = "text/plain; charset=utf-8"

    def __init__(self) -> None:
        self._is_at_start = True

    def delta(self, delta: Delta) -> bytes:
        text = delta.text
        if delta.has_value and not delta.by_agent:
            text += _value(delta.value)
        if delta.event:
            text += delta.event.text()
        if text and self._is_at_start:
            text = text.removeprefix("\ufeff")  # at the start of a text it would be a byte order mark
            self._is_at_start = not text
        return text.encode("utf-8", "replace")

    def error(self, code: str, message: str) -> bytes:
        return f"\n[error {code}: {message}]\n".encode()


def _value(value: object) -> str:
    return json.dumps(value) + "\n"

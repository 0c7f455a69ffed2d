"""The format `text`: the bare deltas, for curl and EventSource."""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream import framing
from faas_stream.formats.base import EventStream
from faas_stream.sources.delta import Delta


class Text(EventStream):
    """`data: <delta>` for each delta, then `data: [DONE]`, or `event: error` if the answer is cut.

    An early start sends an event without text that has only an id, so that a client that reconnects before the first
    delta does not start a second request upstream.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ended_in_cr = False

    def start(self, answer_id: str, created: int, is_early: bool = True) -> bytes:
        super().start(answer_id, created)
        return framing.only_id(f"{answer_id}.0") if is_early else b""

    def delta(self, delta: Delta) -> bytes:
        id = self._next_id()
        text = delta.text
        if delta.has_value and not delta.by_agent:
            text += json.dumps(delta.value)
        if text:
            return self._text(text, id)
        if event := delta.event:
            return framing.encode(event.text(), event.event, id if event.id is None else event.id, event.retry)
        return b""

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> bytes:
        return framing.encode(framing.DONE, id=self._next_id())

    def error(self, code: str, message: str) -> bytes:
        return framing.encode(json.dumps({"code": code, "message": message}), "error", self._next_id())

    def _text(self, text: str, id: str) -> bytes:
        # A CRLF that is cut in two by the model's tokens is one line break, but each half alone would be sent as one.
        if self._ended_in_cr and text[0] == "\n":
            text = text[1:]
            self._ended_in_cr = False
            if not text:
                return b""
        self._ended_in_cr = text[-1] == "\r"
        if text == framing.DONE:  # a model that writes the end marker must not end the answer
            return framing.encode(text[:1]) + framing.encode(text[1:], id=id)
        return framing.encode(text, id=id)

"""Which answer a request gets: its carrier by the Accept header, its format by name."""

import time
from dataclasses import dataclass
from typing import Any

from faas_stream import formats, framing, negotiation
from faas_stream.answer import DOCUMENT, EVENT_STREAM, LINES, PLAIN, Answer, Carrier
from faas_stream.errors import ClientError
from faas_stream.formats import Format
from faas_stream.formats.document import Document
from faas_stream.formats.lines import Lines
from faas_stream.formats.plain import Plain
from faas_stream.ids import new_id
from faas_stream.padding import Padding

_BY_MEDIA_TYPE: dict[str, tuple[Carrier, type[Format]]] = {
    negotiation.LINES: (LINES, Lines),
    negotiation.PLAIN: (PLAIN, Plain),
    negotiation.DOCUMENT: (DOCUMENT, Document),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What counts of a request. accept: its header, None without one. format: a name, `openai` for example.

    is_asynchronous: the answer goes to a callback. asks_for_stream: `"stream": true` in the body. pads: the setting.
    """

    accept: str | None
    format: str
    is_get: bool
    is_asynchronous: bool
    asks_for_stream: bool
    pads: bool

    def answer(self, source: Any) -> Answer:
        """The answer. Raises ClientError: 406 for an Accept that cannot be met, 400 for an unknown format."""
        answer_id, created = new_id(), int(time.time())
        offered = formats.streamed()
        if self.format not in offered:
            raise ClientError(
                f"format {self.format[:40]!r} is unknown: expected one of {', '.join(offered)}.", code="unknown_format"
            )
        media_type = negotiation.media_type(self.accept)
        if media_type is None:
            raise ClientError(
                f"The Accept header names nothing that can be sent: expected one of {', '.join(negotiation.OFFERED)}.",
                status=406,
                code="not_acceptable",
            )
        # OpenAI's SDKs accept JSON alone, and say in the body that it is to be a stream.
        if self.asks_for_stream and media_type == negotiation.DOCUMENT:
            media_type = negotiation.EVENT_STREAM
        # A callback is called once, with the whole answer, whatever the caller's client sends as Accept (T16).
        if self.is_asynchronous and media_type == negotiation.EVENT_STREAM:
            media_type = negotiation.DOCUMENT
        if media_type in _BY_MEDIA_TYPE:
            carrier, shape = _BY_MEDIA_TYPE[media_type]
            return Answer(source, shape(), carrier, answer_id, created)
        shape = offered[self.format]
        made = shape.for_event_source() if self.is_get else shape()
        answer = Answer(source, made, EVENT_STREAM, answer_id, created)
        if self.is_get:
            answer.opening = framing.only_id(answer_id)
        if self.pads and negotiation.is_buffered(self.accept):
            answer.padding = Padding()
        return answer

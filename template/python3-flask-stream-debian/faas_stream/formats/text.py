"""The format `text`: the bare deltas, for curl and EventSource."""

from collections.abc import Mapping
from typing import Any, Self

from faas_stream.formats import Format, Frame, Frames

_END = "[DONE]"


class Text(Format):
    """`data: <delta>` for each delta, `data: [DONE]` at the end, `event: error` instead when it is cut short."""

    def __init__(self, with_id: bool = False) -> None:
        self._ended_in_cr = False
        self._with_id = with_id
        self._id: str | None = None

    @classmethod
    def for_event_source(cls) -> Self:
        return cls(with_id=True)

    def start(self, answer_id: str, created: int) -> Frames:
        self._id = answer_id if self._with_id else None
        return []

    def text(self, delta: str) -> Frames:
        # A CRLF cut in two by the model's tokens is one line break, but each half alone would be sent as one.
        if self._ended_in_cr and delta.startswith("\n"):
            delta = delta[1:]
        self._ended_in_cr = delta.endswith("\r")
        # A model that says the end marker itself must not end the answer.
        pieces = (delta[:1], delta[1:]) if delta == _END else (delta,)
        return [self._frame(piece) for piece in pieces if piece]

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> Frames:
        return [self._frame(_END)]

    def _frame(self, data: str) -> Frame:
        """A frame, the first with the answer's id, which a reader keeps for all that follow."""
        answer_id, self._id = self._id, None
        return Frame(data, id=answer_id)

"""The interface of all formats."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from faas_stream import framing
from faas_stream.sources.delta import Delta


class Format:
    """Turns what happens in one answer into bytes for the wire: b"" if nothing must be sent, as for an empty delta.

    media_type, headers: of the response; `headers` are sent in addition to the usual ones.
    sent_whole: the APIs whose objects this format sends as upstream sent them, with all that other formats leave out.
    heartbeat: what fills a silence, between any two results of the methods; None if the format has nothing like it.
    """

    media_type: ClassVar[str]
    headers: ClassVar[Mapping[str, str]] = {}
    sent_whole: ClassVar[Collection[str]] = ()
    heartbeat: ClassVar[bytes | None] = None

    def start(self, answer_id: str, created: int, is_early: bool = True) -> bytes:
        """The answer begins; called once, before all other methods. created: seconds since 1970.

        is_early: the result is sent before the first delta is known. A client that disconnects in between then has an
        id to send when it reconnects.
        """
        return b""

    def delta(self, delta: Delta) -> bytes:
        """The next delta of the answer."""
        raise NotImplementedError

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> bytes:
        """The end marker of a complete answer. Both arguments are the last that a delta brought."""
        return b""

    def error(self, code: str, message: str) -> bytes:
        """The error frame of an answer that ends here and is not complete."""
        raise NotImplementedError


class EventStream(Format):
    """A format of Server-Sent Events whose events have ids: `<answer id>.<n>`.

    n counts the deltas of the answer, so it is the same in each such format. If a delta becomes several events, only
    the last has the id: a client that has read only some of them does not have the delta yet.
    """

    media_type: ClassVar[str] = "text/event-stream"
    heartbeat: ClassVar[bytes | None] = framing.comment()

    def __init__(self) -> None:
        self._answer_id = ""
        self._count = 0

    def start(self, answer_id: str, created: int, is_early: bool = True) -> bytes:
        self._answer_id = answer_id
        return b""

    def _next_id(self) -> str:
        self._count += 1
        return f"{self._answer_id}.{self._count}"

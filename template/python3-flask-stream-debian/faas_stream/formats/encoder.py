"""An answer's deltas as bytes for the wire, and what the record says about them. Pure: no I/O, no clock."""

import json
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from faas_stream.formats import Format
from faas_stream.framing import comment, encode
from faas_stream.sources import Delta, ItemReader, StreamReader, UpstreamFailedError


class Encoder:
    """Deltas in, frames of one format out.

    finish_reason, usage: the last so far. events: how many deltas had text, reasoning, a value, an event, a tool call
    or a tool result.
    """

    def __init__(
        self, format: Format, answer_id: str, created: int, *, max_event: int, answer_node: str | None = None
    ) -> None:
        self.format, self._answer_id, self._created = format, answer_id, created
        self._max_event, self.answer_node = max_event, answer_node
        self._indexes = count()  # of tool calls, over all readers
        self.max_record = 0
        self.finish_reason: str | None = None
        self.usage: Mapping[str, Any] | None = None
        self.events = 0
        self._has_started = False
        self._error: BaseException | None = None
        self._text: list[str] = []
        self._text_chars = self._call_chars = 0
        self._tool_calls: dict[int, dict[str, Any]] = {}
        self._readers: list[StreamReader | ItemReader] = []

    def stream_reader(self) -> StreamReader:
        """A reader for the bytes of one upstream stream."""
        self._readers.append(reader := StreamReader(self._max_event, self.format.sent_whole, self._indexes))
        return reader

    def item_reader(self, *, needs_end: bool = False) -> ItemReader:
        """A reader for the items of one iterator. needs_end: the iterator's end is not enough for a complete answer."""
        reader = ItemReader(
            self._max_event, self.answer_node, self.format.sent_whole, indexes=self._indexes, needs_end=needs_end
        )
        self._readers.append(reader)
        return reader

    @property
    def notes(self) -> list[str]:
        """What the function's author should know about how the answer was read, for the log."""
        return [note for reader in self._readers for note in reader.notes]

    @property
    def heartbeat(self) -> bytes | None:
        """What fills a silence; None if the format has nothing that clients skip."""
        return self.format.heartbeat

    def start(self, *, is_early: bool = False) -> bytes:
        """What the answer begins with; b"" if called again. is_early: it is sent before the first delta."""
        if self._has_started:
            return b""
        self._has_started = True
        return self.format.start(self._answer_id, self._created, is_early)

    def feed(self, deltas: Iterable[Delta]) -> bytes:
        """The frames of these deltas. `check` raises what the iterable has raised, after these frames were sent."""
        start, frames = self.start(), []
        try:
            for delta in deltas:
                frames.append(self._frames(delta))
        except Exception as error:
            self._error = error
            if not any(frames):  # an answer that fails before its first frame still has its HTTP status
                return b""
        return start + b"".join(frames)

    def check(self) -> None:
        """Raises what the iterable of the last `feed` has raised. Call it once the frames are sent."""
        if self._error is not None:
            raise self._error

    def end(self) -> bytes:
        """The end of a complete answer."""
        return self.start() + self.format.end(self.finish_reason, self.usage)

    def error(self, code: str, message: str) -> bytes | None:
        """The error frame of an answer that is not complete; None if there is none."""
        return self.format.error(code, message)

    @property
    def text(self) -> str:
        """The answer's text, at most `max_record` characters."""
        return "".join(self._text)[: self.max_record]

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """Each `{"id", "name", "arguments"}`; arguments are JSON text. All have about `max_record` characters."""
        return list(self._tool_calls.values())

    def _frames(self, delta: Delta) -> bytes:
        if delta.finish_reason is not None:
            self.finish_reason = delta.finish_reason
        if delta.usage is not None:
            self.usage = delta.usage
        if delta.text or delta.reasoning or delta.has_value or delta.event or delta.tool_calls or delta.tool_results:
            self.events += 1
            if self.max_record:
                self._collect(delta)
        return self.format.delta(delta)

    def _collect(self, delta: Delta) -> None:
        if delta.text and self._text_chars < self.max_record:
            self._text.append(delta.text)
            self._text_chars += len(delta.text)
        for piece in delta.tool_calls:
            if self._call_chars >= self.max_record:
                return
            call = self._tool_calls.setdefault(piece["index"], {"id": None, "name": None, "arguments": ""})
            call["id"] = piece.get("id") or call["id"]
            call["name"] = piece.get("name") or call["name"]
            arguments = (piece.get("arguments") or "")[: self.max_record - self._call_chars]
            call["arguments"] += arguments
            self._call_chars += len(arguments) + len(piece.get("id") or "") + len(piece.get("name") or "")


class RawReader:
    """Returns bytes as they are. observer: reads them too, and knows when upstream's stream is over."""

    def __init__(self, observer: StreamReader | None) -> None:
        self._observer = observer

    @property
    def is_over(self) -> bool:
        return self._observer is not None and self._observer.is_over

    def feed(self, data: bytes) -> bytes:
        return data

    def read(self, item: bytes) -> bytes:
        return item

    def end(self) -> bytes:
        return b""


class CheckedReader(RawReader):
    """Returns the bytes of a stream among an author's own frames. Raises UpstreamFailedError if that stream is cut."""

    def __init__(self) -> None:
        self._own = StreamReader()
        super().__init__(self._own)

    def feed(self, data: bytes) -> bytes:
        for _ in self._own.feed(data):
            pass
        return data

    def end(self) -> bytes:
        for _ in self._own.end():
            pass
        return b""


class RawEncoder:
    """A handler's own streaming response, or upstream's event stream: bytes in, the same bytes out.

    Only an event stream gets heartbeats and an error frame; anything else can only be broken off. `observer` reads the
    relayed bytes too, to know when the answer is complete and for the log; None for an author's own frames. dialect:
    "openai", "anthropic" or "", for heartbeats and errors, until upstream's first event shows its dialect.
    """

    text, tool_calls, max_record = "", (), 0

    def __init__(self, *, is_event_stream: bool, observer: StreamReader | None = None, dialect: str = "") -> None:
        self._is_event_stream, self._observer, self._first_dialect = is_event_stream, observer, dialect
        self._tail = b"\n\n"
        self._error: BaseException | None = None
        self.finish_reason: str | None = None
        self.usage: Mapping[str, Any] | None = None
        self.events = 0

    @property
    def notes(self) -> list[str]:
        return self._observer.notes if self._observer is not None else []

    def stream_reader(self) -> RawReader:
        return RawReader(self._observer) if self._observer is not None else CheckedReader()

    def item_reader(self, *, needs_end: bool = False) -> RawReader:
        return RawReader(None)

    @property
    def heartbeat(self) -> bytes | None:
        """A comment, but only between lines, because a piece may end in the middle of one."""
        if not self._is_event_stream or not self._tail.endswith(b"\n"):
            return None
        return b'event: ping\ndata: {"type": "ping"}\n\n' if self._is_anthropic and self._at_frame_end else comment()

    def start(self, *, is_early: bool = False) -> bytes:
        return b""

    def feed(self, piece: bytes) -> bytes:
        if self._observer is None:
            self.events += bool(piece)
        elif self._error is None:
            self._note(self._observer.feed(piece))
        self._tail = (self._tail + piece[-4:])[-4:]
        return piece

    def check(self) -> None:
        """Raises an error of `feed`. What upstream itself reported is raised by `end`, once all bytes were relayed."""
        if self._error is not None and not self._is_reported:
            raise self._error

    def end(self) -> bytes:
        """The end of a complete answer: `[DONE]`, if upstream left it out. Raises UpstreamFailedError if it was cut."""
        if self._observer is None:
            return b""
        if self._error is None:
            self._note(self._observer.end())
        if self._error is not None:
            raise self._error
        missing = b"" if self._observer.is_over or self._observer.dialect != "openai" else b"data: [DONE]\n\n"
        return self._to_frame_end() + missing

    def error(self, code: str, message: str) -> bytes | None:
        """The error frame in upstream's dialect, else in a shape for clients of all our formats; None for no frames.

        An error that upstream reported has been relayed, so no other is added.
        """
        if not self._is_event_stream:
            return None
        if self._is_reported:
            return self._to_frame_end()
        details = {"code": code, "message": message}
        if self._is_anthropic:
            body: dict[str, Any] = {"type": "error", "error": {"type": code, "message": message}}
        else:
            error = {**details, "type": "server_error", "param": None}
            has_code_on_top = self._observer is None or self._dialect == "json"  # as the format `json` has it
            body = {**details, "error": error} if has_code_on_top else {"error": error}
        is_named = self._dialect != "openai"
        return self._to_frame_end() + encode(json.dumps(body), event="error" if is_named else None)

    def _note(self, deltas: Iterable[Delta]) -> None:
        try:
            for delta in deltas:
                self.finish_reason = delta.finish_reason or self.finish_reason
                self.usage = delta.usage or self.usage
                self.events += bool(delta.text or delta.reasoning or delta.tool_calls)
        except Exception as error:
            self._error = error

    @property
    def _is_reported(self) -> bool:
        return isinstance(self._error, UpstreamFailedError) and self._error.is_reported

    @property
    def _dialect(self) -> str:
        return (self._observer.dialect if self._observer is not None else "") or self._first_dialect

    @property
    def _is_anthropic(self) -> bool:
        return self._dialect == "anthropic"

    @property
    def _at_frame_end(self) -> bool:
        return self._tail.endswith((b"\n\n", b"\n\r\n"))

    def _to_frame_end(self) -> bytes:
        if self._tail.endswith(b"\n"):
            return b"" if self._at_frame_end else b"\n"
        return b"\n\n"

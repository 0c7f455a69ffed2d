"""One answer on its way: items of a source in, bytes for the reader out.

Pure but for what the source does: it reads no clock, holds no lock and writes to no socket.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from faas_stream import framing, sources
from faas_stream.errors import failure
from faas_stream.formats import Format, Frame, Frames
from faas_stream.padding import Padding


class Carrier(NamedTuple):
    """How frames become bytes. heartbeat: what fills a silence, or None where readers have nothing to skip."""

    media_type: str
    encode: Callable[..., bytes]
    heartbeat: bytes | None


def _data(data: str, *_: object) -> bytes:
    return data.encode("utf-8", "replace")


EVENT_STREAM = Carrier("text/event-stream", framing.encode, framing.comment())
LINES = Carrier("application/x-ndjson", _data, None)
PLAIN = Carrier("text/plain; charset=utf-8", _data, None)
DOCUMENT = Carrier("application/json", _data, None)


class Answer:
    """Iterate it once for its bytes, then close it; `error` gives the bytes that end it early.

    finish_reason, usage, events: what was seen so far; events counts the items that brought something.
    """

    def __init__(self, source: Any, format: Format, carrier: Carrier, answer_id: str = "", created: int = 0) -> None:
        self._source = sources.Source(source)
        self._format = format
        self._carrier = carrier
        self._id, self._created = answer_id, created
        self.finish_reason: str | None = None
        self.usage: Mapping[str, Any] | None = None
        self.events = 0
        self.padding: Padding | None = None
        self.opening = carrier.heartbeat or b""
        self._has_called_tools = False
        self._frames: Frames = []  # those that go with the next piece

    def pause(self) -> None:
        """Has the iteration yield None instead of waiting, where it can; `readable` is the socket to wait for then."""
        self._source.pauses = True

    @property
    def readable(self) -> Any:
        return self._source.readable

    @property
    def media_type(self) -> str:
        return self._carrier.media_type

    @property
    def headers(self) -> Mapping[str, str]:
        return self._format.headers

    @property
    def heartbeat(self) -> bytes | None:
        return self._carrier.heartbeat

    def __iter__(self) -> Iterator[bytes | None]:
        """One piece an item, empty where the item brought nothing to send. Raises what the source raises."""
        self._frames = self._format.start(self._id, self._created)
        return chain(map(self._piece, self._source), self._ending())

    def error(self, code: str, message: str) -> bytes:
        """The last bytes of an answer that ends before its time."""
        return self._bytes(self._format.error(code, message))

    def close(self) -> None:
        """Closes the source; not while it is iterated."""
        self._source.close()

    def complete(self) -> Iterator[bytes]:
        """The bytes to the end, whatever happens: with the error frame if the source fails, the source closed."""
        try:
            yield from filter(None, self)
        except Exception as error:
            found = failure(error)
            yield self.error(found.code, found.message)
        finally:
            self.close()

    def _piece(self, item: Any) -> bytes | None:
        if item is sources.PAUSE:
            return None
        frames, self._frames = self._frames + self._frames_of(item), []
        return self._bytes(frames)

    def _ending(self) -> Iterator[bytes]:
        yield self._bytes(self._frames + self._format.end(self.finish_reason, self.usage))

    def _frames_of(self, item: Any) -> Frames:
        format = self._format
        if isinstance(item, framing.Event):
            self.events += 1
            return format.event(Frame(item.text(), item.event, item.id, item.retry))
        if isinstance(item, sources.Batch):
            return [frame for chunk in item for frame in self._of_chunk(chunk)]
        return self._of_chunk(sources.read(item))

    def _of_chunk(self, chunk: sources.Chunk) -> Frames:
        format = self._format
        self._has_called_tools |= bool(chunk.tool_calls)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        if self.finish_reason == sources.COMPLETED:
            self.finish_reason = "tool_calls" if self._has_called_tools else "stop"
        self.usage = chunk.usage or self.usage
        self.events += bool(chunk.text or chunk.reasoning or chunk.has_value or chunk.tool_calls)
        if chunk.verbatim and format.keeps_verbatim:
            return format.verbatim(chunk.verbatim)
        frames: Frames = []
        if chunk.reasoning:
            frames += format.reasoning(chunk.reasoning)
        if chunk.text:
            frames += format.text(chunk.text)
        if chunk.has_value:
            frames += format.value(chunk.value)
        for call in chunk.tool_calls:
            frames += format.tool_call(call)
        for citation in chunk.citations:
            frames += format.citation(citation)
        return frames

    def _bytes(self, frames: Frames) -> bytes:
        return b"".join([self._carrier.encode(*frame) for frame in frames])

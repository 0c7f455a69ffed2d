"""One upstream stream, read from its bytes: the body of an SDK's response, or what `passthrough` relays."""

import re
from collections.abc import Collection, Iterable, Iterator

from faas_stream.framing import DONE
from faas_stream.sources.delta import Delta, UpstreamFailedError
from faas_stream.sources.failures import is_failure, reported_failure
from faas_stream.sources.objects import JSON, ObjectReader
from faas_stream.sources.sse import EventDecoder, check_size
from faas_stream.sources.state import AnswerState
from faas_stream.sources.tool_calls import ToolCalls
from faas_stream.sources.values import parse_json

_JSON_START = re.compile(r"\s*(\[\s*)?\{")

MAX_EVENT = 8 * 1024 * 1024


class StreamReader:
    """Reads a stream of OpenAI's, Anthropic's or our own `json` events.

    max_event: bytes. A larger event is an error. sent_whole: the APIs whose objects are sent as they came.
    indexes: of tool calls, if the answer has several readers.
    """

    def __init__(
        self, max_event: int = MAX_EVENT, sent_whole: Collection[str] = (), indexes: Iterator[int] | None = None
    ) -> None:
        self._state = AnswerState(calls=ToolCalls(indexes), sent_whole=sent_whole)
        self._state.completeness.needs_end = True
        self._decoder = EventDecoder(max_event)
        self._objects = ObjectReader(self._state)
        self._max_event = max_event
        self._is_event_stream: bool | None = None  # None until the first byte is known
        self._document = bytearray()

    @property
    def is_over(self) -> bool:
        """True once upstream has said that nothing follows, so that nothing more has to be read."""
        return self._objects.is_over

    @property
    def dialect(self) -> str:
        """What was recognised so far: "openai", "anthropic", "json" or ""."""
        return self._objects.dialect

    @property
    def notes(self) -> list[str]:
        """What the function's author should know about how the stream was read, for the log."""
        return self._state.notes

    def feed(self, data: bytes) -> Iterator[Delta]:
        """The deltas that these bytes complete.

        Raises UpstreamFailedError if upstream reports a failure, after the deltas before it.
        """
        if not self._is_event_stream and self._is_document(data):
            return iter(())
        return self._read(self._decoder.feed(data))

    def end(self) -> Iterator[Delta]:
        """The last deltas. Call it when `is_over` is true or the transfer has ended.

        Raises UpstreamFailedError unless the answer is complete.
        """
        events = [("", self._document.decode("utf-8", "replace"))] if self._document else self._decoder.end()
        yield from self._read(events, is_cut=True)
        if not self.is_over:
            out: list[Delta] = []
            self._objects.end(out)
            yield from out
        self._state.completeness.check()

    def _is_document(self, data: bytes) -> bool:
        """True if the body is one JSON object: an error with status 200, or the answer of a server without streams."""
        if self._is_event_stream is None and (begin := data.lstrip()):
            self._is_event_stream = not begin.startswith(b"{")
        if self._is_event_stream is False:
            self._document += data
            check_size(len(self._document), self._max_event)
        return self._is_event_stream is False

    def _read(self, events: Iterable[tuple[str, str]], is_cut: bool = False) -> Iterator[Delta]:
        for name, text in events:
            out: list[Delta] = []
            try:
                self._read_event(name, text, is_cut, out)
            except UpstreamFailedError:
                yield from out
                raise
            yield from out

    def _read_event(self, name: str, text: str, is_cut: bool, out: list[Delta]) -> None:
        if self.is_over or not text.strip():
            return
        if text[0] == "[" and text.strip() == DONE:
            self._objects.done(out)
            return
        try:
            data = parse_json(text)
        except ValueError:
            if self.dialect != JSON:
                self._read_other(name, text, is_cut)
                return
            data = text  # an author's Event
        self._objects.read(name, data, text, out)

    def _read_other(self, name: str, text: str, is_cut: bool) -> None:
        """Reads text that is no JSON: part of an event that was cut, an error as text, or a sign of life."""
        if is_failure(name):
            raise reported_failure({})
        if _JSON_START.match(text) and not is_cut:
            raise UpstreamFailedError("upstream sent an event that is not valid JSON")
        if not is_cut:
            self._state.skip(name or "text")

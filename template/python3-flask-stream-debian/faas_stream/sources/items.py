"""A handler's items as deltas: text, bytes, values, events, and the objects of the SDKs and of LangChain."""

import base64
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import is_dataclass, replace
from typing import Any

from faas_stream.framing import Event
from faas_stream.sources.delta import Delta, UpstreamFailedError, characters
from faas_stream.sources.langchain import LangChainReader
from faas_stream.sources.objects import ObjectReader
from faas_stream.sources.reader import MAX_EVENT
from faas_stream.sources.refusals import misuse, refusal
from faas_stream.sources.runs import RunReader, read_value
from faas_stream.sources.state import AnswerState
from faas_stream.sources.tool_calls import ToolCalls
from faas_stream.sources.values import jsonable

# Events that the SDKs' helpers derive from other events, which they yield too.
_DERIVED_EVENTS = ("text", "thinking", "signature", "citation", "input_json", "compaction")
_DERIVED_PREFIXES = ("content.", "refusal.", "logprobs.", "tool_calls.")
_Read = Callable[[Any], Iterable[Delta]]


class ItemReader:
    """Reads the items of one iterator.

    max_event: characters of a text, or bytes. A larger item is an error.
    answer_node: the LangGraph node whose messages are the answer; None for all messages of the top graph.
    sent_whole: the APIs whose objects are sent as they came; see AnswerState. indexes: of tool calls, if the answer has
    several readers. needs_end: the iterator's end is not enough for a complete answer.
    """

    def __init__(
        self, max_event: int = MAX_EVENT, answer_node: str | None = None, sent_whole: Collection[str] = (),
        *, indexes: Iterator[int] | None = None, needs_end: bool = False,
    ) -> None:  # fmt: skip
        self._max_event = max_event
        self._state = AnswerState(calls=ToolCalls(indexes), sent_whole=sent_whole)
        self._state.completeness.needs_end = needs_end
        self._objects = ObjectReader(self._state)
        self._langchain = LangChainReader(self._state)
        self._runs = RunReader(self._state, self._langchain, answer_node)
        self._readers: dict[type, _Read] = {}  # by the type of an item
        self._sized: tuple[_Read, ...] = (self._read_text, self._read_bytes)

    @property
    def notes(self) -> list[str]:
        """What the function's author should know about how the items were read, for the log."""
        objects = [cls for cls, read in self._readers.items() if read == self._read_object]
        slow = [
            f"reading single {cls.__module__}.{cls.__qualname__} objects takes four times the CPU of reading the "
            "stream that they come from: return or yield the whole stream"
            for cls in objects
        ]
        return slow + self._state.notes + self._runs.notes

    def read(self, item: object) -> Iterable[Delta]:
        """What the item brings: mostly one delta, sometimes none or several.

        Raises TypeError if the item cannot be streamed, and ValueError if it is too large. Iterating over the result
        raises UpstreamFailedError if the item reports that upstream failed, after the deltas that the item brings.
        """
        cls = type(item)
        read = self._readers.get(cls)
        if read is None:
            read = self._readers[cls] = self._choose_reader(cls, item)
        return read(item) if read in self._sized else self._with_checked_sizes(read(item))

    def end(self) -> Iterator[Delta]:
        """The last deltas, when the iterator has ended. Raises UpstreamFailedError unless the answer is complete."""
        out: list[Delta] = []
        readers_of_text = (self._read_text, self._langchain.read_message)
        self._runs.end(out, has_text=any(read in readers_of_text for read in self._readers.values()))
        self._objects.end(out)
        yield from out
        self._state.completeness.check()

    def _choose_reader(self, cls: type, item: object) -> _Read:
        built_in: tuple[tuple[Any, _Read], ...] = (
            (str, self._read_text),
            (type(None), lambda _: ()),
            ((bytes, bytearray, memoryview), self._read_bytes),
            (Event, _read_event),
            (tuple, self._runs.read_tuple),
            (Mapping, self._runs.read_mapping),
            (list, read_value),
        )
        for base, read in built_in:
            if issubclass(cls, base):
                # An author's own item is content, even if all other items are left out.
                self._state.completeness.has_content |= item is not None
                return read
        if reason := misuse(item):
            raise TypeError(reason)
        if hasattr(item, "content") and hasattr(item, "response_metadata"):
            return self._langchain.read_message
        if hasattr(item, "generation_info") and hasattr(item, "text"):
            return self._langchain.read_generation
        is_of_sdk = hasattr(item, "to_dict")
        if is_of_sdk and (hasattr(item, "object") or hasattr(item, "type")):
            return self._read_object
        if not is_of_sdk and not isinstance(item, type) and (is_dataclass(item) or hasattr(item, "model_dump")):
            return read_value
        raise TypeError(refusal(item))

    def _with_checked_sizes(self, deltas: Iterable[Delta]) -> Iterator[Delta]:
        for delta in deltas:
            size = len(delta.text) + len(delta.reasoning)
            if delta.has_value or delta.event or delta.tool_calls or delta.tool_results:
                size += characters((delta.value, delta.event, delta.tool_calls, delta.tool_results))
            self._check_size(size)
            yield delta

    def _read_bytes(self, item: bytes) -> Iterable[Delta]:
        self._check_size(len(item))
        return (Delta(text=base64.b64encode(item).decode("ascii")),)

    def _check_size(self, size: int) -> None:
        if size > self._max_event:
            raise ValueError(
                f"an item of {size} bytes or characters is larger than max_event, {self._max_event}: "
                "yield smaller items, or raise max_event in stack.yaml"
            )

    def _read_text(self, item: str) -> Iterable[Delta]:
        self._check_size(len(item))
        text = self._state.text(item)
        return (Delta(text=text),) if text else ()

    def _read_object(self, item: Any) -> Iterator[Delta]:
        """What one of the SDKs' objects brings."""
        kind = getattr(item, "type", None) or ""
        if kind == "chunk":  # `chat.completions.stream()` wraps each chunk in an event
            item = item.chunk
        elif kind in _DERIVED_EVENTS or kind.startswith(_DERIVED_PREFIXES):
            return
        out: list[Delta] = []
        try:
            self._objects.read("", item.to_dict(warnings=False), None, out)
        except UpstreamFailedError:
            yield from out
            raise
        yield from out


def _read_event(item: Event) -> Iterable[Delta]:
    return (Delta(event=replace(item, data=jsonable(item.data))),)

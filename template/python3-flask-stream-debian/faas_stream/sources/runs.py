"""Tuples and dicts among a handler's items: what a chain, a graph or an agent yields, or an author's values."""

from collections.abc import Iterable, Mapping
from typing import Any

from faas_stream.sources.delta import Delta
from faas_stream.sources.documents import is_input
from faas_stream.sources.graph_messages import GraphMessages, is_message
from faas_stream.sources.graph_parts import VALUES, part_of_mapping, part_of_tuple
from faas_stream.sources.langchain import LangChainReader
from faas_stream.sources.langgraph import GraphReader
from faas_stream.sources.message_events import MessageEventReader
from faas_stream.sources.repeated_messages import Place
from faas_stream.sources.run_events import RunEventReader
from faas_stream.sources.state import AnswerState
from faas_stream.sources.values import jsonable


class RunReader:
    """Reads the tuples and dicts of one iterator. answer_node: see GraphMessages."""

    def __init__(self, state: AnswerState, reader: LangChainReader, answer_node: str | None) -> None:
        self._messages = GraphMessages(state, reader, answer_node)
        self._message_events = MessageEventReader(state, reader, self._messages)
        self._has_message_events = False
        self._graph = GraphReader(state, self._messages, self._message_events)
        self._run_events = RunEventReader(state, reader, self._messages, self._graph)
        self._is_first = True
        self._held: Mapping[Any, Any] | None = None  # the first dict, which may be a chain's input

    @property
    def notes(self) -> list[str]:
        """What the function's author should know about how the items were read, for the log."""
        return self._messages.notes or self._graph.notes

    def read_tuple(self, item: tuple[Any, ...]) -> Iterable[Delta]:
        """What a tuple brings."""
        part = part_of_tuple(item, self._graph.is_graph, self._graph.mode)
        return self._release() + (read_value(item) if part is None else self._graph.read(part))

    def read_mapping(self, item: Mapping[Any, Any]) -> Iterable[Delta]:
        """What a dict brings."""
        is_first, self._is_first = self._is_first, False
        if self._run_events.recognises(item):
            return self._run_events.read(item)
        self._has_message_events |= self._message_events.recognises(item)
        if self._has_message_events and "event" in item:
            return self._read_message_event(item)
        documents = self._graph.documents
        part = part_of_mapping(item, self._graph.mode)
        if part is not None and part.mode == VALUES and not part.is_named and _has_piece(item):
            return self._read_pieces(item)
        if part is not None:
            self._held = None
            return self._graph.read(part)
        if documents.recognises(item):
            self._held = None
            return documents.read(item)
        if is_first and is_input(item):
            self._held = item
            return ()
        return self._release() + read_value(item)

    def end(self, out: list[Delta], has_text: bool) -> None:
        """Appends what only the iterator's end shows. has_text: it has yielded text besides tuples and dicts."""
        out += self._release()
        self._messages.has_answer |= has_text
        self._graph.end(out)

    def _release(self) -> list[Delta]:
        """The delta of the dict that was held back, which is an author's value after all."""
        item, self._held = self._held, None
        return [] if item is None else read_value(item)

    def _read_message_event(self, event: Mapping[Any, Any]) -> list[Delta]:
        """Reads an event of a model's `stream_events(version="v3")`. The client executes its tool calls."""
        out: list[Delta] = []
        self._message_events.read(event, "", Place(), out)
        for delta in out:
            delta.by_agent = False
        return out

    def _read_pieces(self, item: Mapping[Any, Any]) -> list[Delta]:
        """Reads chunks of messages by name: of a chain that runs several models, or that does not parse a message."""
        self._held = None
        out: list[Delta] = []
        for value in item.values():
            if is_message(value):
                self._messages.read_piece(value, Place(), out)
        return out


def read_value(item: object) -> list[Delta]:
    """The delta of an author's value."""
    return [Delta(value=jsonable(item), has_value=True)]


def _has_piece(item: Mapping[Any, Any]) -> bool:
    """True for a dict with a chunk of a message. The messages of a graph's state are whole."""
    return any(is_message(value) and value.type.endswith("Chunk") for value in item.values())

"""What LangGraph's `.stream()`, `.astream()` and `.stream_events(version="v3")` yield, as deltas."""

from collections.abc import Callable, Mapping
from typing import Any

from faas_stream.sources import graph_parts
from faas_stream.sources.delta import Delta
from faas_stream.sources.documents import RetrievalReader, are_documents
from faas_stream.sources.graph_messages import GraphMessages, messages_in
from faas_stream.sources.graph_parts import INTERRUPT, Part
from faas_stream.sources.graph_tools import GraphTools
from faas_stream.sources.langchain import INPUT_TYPES
from faas_stream.sources.message_events import MessageEventReader
from faas_stream.sources.plain_messages import PlainMessage, plain_messages_in
from faas_stream.sources.repeated_messages import Place
from faas_stream.sources.state import AnswerState
from faas_stream.sources.steps import Steps
from faas_stream.sources.values import jsonable

_HIDDEN = "__"
"""The prefix of members that are neither nodes nor parts of the state."""

# Streams that have nothing that another stream does not have.
_SKIPPED = ("lifecycle", "input.requested")


class GraphReader:
    """Reads the items of one run, whichever of its streams they are from.

    Text, tool calls and results come from whichever stream has them first.
    """

    def __init__(self, state: AnswerState, messages: GraphMessages, events: MessageEventReader) -> None:
        self._state, self._messages, self._events = state, messages, events
        self._tools = GraphTools(state, messages)
        self._origins = graph_parts.Origins()
        self.steps = Steps()
        self.documents = RetrievalReader(state)
        self._begun: set[tuple[str, ...]] = set()  # paths of the graphs whose first state was read
        self._interrupts: set[str] = set()
        self._is_interrupted = False
        self._unsent: dict[str, None] = {}  # names of the state's texts that are neither messages nor an answer
        self.is_graph = False
        self.mode = ""  # of the last item, "" if it named its mode
        self._readers: Mapping[str, Callable[[Part, list[Delta]], None]] = {
            graph_parts.MESSAGES: self._read_message,
            graph_parts.VALUES: self._read_values,
            graph_parts.UPDATES: self._read_updates,
            graph_parts.CUSTOM: self._read_custom,
            graph_parts.TASKS: self._read_task,
            graph_parts.DEBUG: self._read_debug,
            graph_parts.CHECKPOINTS: self._read_checkpoint,
            graph_parts.TOOLS: self._read_tool,
        }

    def read(self, part: Part) -> list[Delta]:
        """What a part of the graph's stream brings."""
        self.is_graph = True
        self.mode = "" if part.is_named else part.mode
        out: list[Delta] = []
        read = self._readers.get(part.mode)
        if read and (part.mode == graph_parts.VALUES or graph_parts.fits(part.mode, part.payload)):
            read(part, out)
        elif part.mode.startswith("custom:"):  # values of a named writer
            self._read_custom(part, out)
        elif part.mode not in _SKIPPED:
            self._state.skip(part.mode)
        self._interrupt(part.interrupts, out)
        return out

    def read_state(self, members: Mapping[Any, Any], place: Place, out: list[Delta]) -> None:
        """Appends the messages, the Documents and the answer of a state, or of what a node has changed of it."""
        # Middleware may repeat the model's message, such as after a person has approved its tool calls. If it is the
        # first message of this run, an earlier answer has sent its text.
        is_resumed = place.node.endswith(graph_parts.AFTER_MODEL) and not self._messages.has_begun
        for value in members.values():
            for message in messages_in(value) or plain_messages_in(value):
                self._messages.read_whole(_tool_calls_of(message) if is_resumed else message, place, out)
            if are_documents(value) and not place.path:
                out += self.documents.cite(value)
        if self._messages.is_answer(place) and not self._messages.has_text:
            self.documents.read_answer(members, out)
            self._messages.has_answer |= self.documents.has_answer
            self._unsent.update(
                (str(name), None) for name, value in members.items() if value and isinstance(value, str)
            )

    @property
    def notes(self) -> list[str]:
        """Why an answer has no text, for the log."""
        if self._messages.has_text or self._messages.has_answer or not self._unsent:
            return []
        return [
            f"no text was sent: the graph has no messages, but texts in its state: {', '.join(self._unsent)}. "
            "Stream the messages too (stream_mode), or yield the text yourself"
        ]

    def end(self, out: list[Delta]) -> None:
        """Appends what follows from the end of the graph."""
        self.steps.finish_all((), out)
        if self._is_interrupted:
            out.append(Delta(finish_reason="interrupt", by_agent=True))
        else:
            self._messages.end(out)

    def _read_message(self, part: Part, out: list[Delta]) -> None:
        message, metadata = part.payload
        task, place = self._origins.of(metadata)
        if part.is_named and place.node:
            self.steps.start(task, place.node, place.path, out)
        if part.path and not place.path:
            place = place._replace(path=part.path)
        if isinstance(message, Mapping):
            self._events.read(message, task, place, out)
        else:
            self._messages.read_piece(message, place, out)

    def _read_values(self, part: Part, out: list[Delta]) -> None:
        if isinstance(part.payload, str) and not part.path:
            self._messages.offer(part.payload)
        members = graph_parts.state_members(part.payload)
        is_first = part.path not in self._begun
        self._begun.add(part.path)
        self._read_snapshot(members, Place(path=part.path, stream=part.mode), is_first, out)
        self.steps.finish_all(part.path, out)  # a graph's state changes when all nodes of a step have finished
        self._interrupt(members.get(INTERRUPT, ()), out)

    def _read_snapshot(self, members: Mapping[Any, Any], place: Place, is_first: bool, out: list[Delta]) -> None:
        """Reads a whole state. The first one is the graph's input, with earlier answers, and is skipped."""
        messages = [message for value in members.values() for message in messages_in(value)]
        if is_first and any(message.type == "human" for message in messages):
            for message in messages:
                self._messages.skip(message, place)
            return
        self.read_state(members, place, out)

    def _read_updates(self, part: Part, out: list[Delta]) -> None:
        for node, update in part.payload.items():
            if node == INTERRUPT:
                self._interrupt(update, out, is_certain=True)
            elif not str(node).startswith(_HIDDEN):
                self.steps.begin_update(node, part.path, out)
                self._read_update(update, Place(node, part.path, stream=part.mode), out)
                self.steps.end_update(node, part.path, out)

    def _read_update(self, update: Any, place: Place, out: list[Delta]) -> None:
        """Reads the update of a node: a list of updates if it ran as several tasks or returned several commands."""
        updates = update if isinstance(update, list) and not messages_in(update) else [update]
        for one in updates:
            if isinstance(one, str) and not place.path:
                self._messages.offer(one)
            members = graph_parts.state_members(one)
            for value in members.values():
                for message in _history(messages_in(value)):
                    self._messages.skip(message, place)
            self.read_state(members, place, out)

    def _read_custom(self, part: Part, out: list[Delta]) -> None:
        out.append(Delta(value=jsonable(part.payload), has_value=True, by_agent=True))

    def _read_task(self, part: Part, out: list[Delta]) -> None:
        task = part.payload
        id, name = str(task["id"]), str(task["name"])
        if "result" not in task and "error" not in task:
            self.steps.start(id, name, part.path, out)
            return
        writes = {}
        for channel, value in graph_parts.state_members(task.get("result") or {}).items():
            several = value.get("$writes") if isinstance(value, Mapping) else None
            writes[channel] = [each for write in several for each in messages_in(write)] if several else value
        self.read_state(writes, Place(name, part.path, stream=part.mode), out)
        self._interrupt(task.get("interrupts") or (), out)
        self.steps.finish(id, name, part.path, out)

    def _read_debug(self, part: Part, out: list[Delta]) -> None:
        kind, payload = part.payload["type"], part.payload["payload"]
        read = self._read_checkpoint if kind == "checkpoint" else self._read_task
        read(part._replace(payload=payload), out)

    def _read_checkpoint(self, part: Part, out: list[Delta]) -> None:
        """Reads a checkpoint, which has a whole state. The state is empty until the graph's input is in it."""
        members = graph_parts.state_members(part.payload["values"])
        if not any(map(messages_in, members.values())):
            return
        key = (*part.path, "")
        is_first = key not in self._begun
        self._begun.add(key)
        # A checkpoint's tasks also have interrupts that were answered before this run, so they are not read.
        self._read_snapshot(members, Place(path=part.path, stream=part.mode), is_first, out)

    def _read_tool(self, part: Part, out: list[Delta]) -> None:
        self._tools.read(part.payload, Place("", part.path), out)

    def _interrupt(self, interrupts: Any, out: list[Delta], is_certain: bool = False) -> None:
        """Appends what a graph waits for, a person's decision. is_certain: it waits even if there are no interrupts."""
        self._is_interrupted |= bool(interrupts) or is_certain
        for interrupt in interrupts:
            is_mapping = isinstance(interrupt, Mapping)
            id, value = (
                (interrupt.get("id"), interrupt.get("value"))
                if is_mapping
                else (getattr(interrupt, "id", None), getattr(interrupt, "value", None))
            )
            if str(id) not in self._interrupts:
                self._interrupts.add(str(id))
                out.append(Delta(value=jsonable(value), has_value=True, by_agent=True))


def _tool_calls_of(message: Any) -> Any:
    """A model's message without the text and usage that an earlier answer has had; any other message itself."""
    if message.type != "ai":
        return message
    metadata = message.response_metadata
    return PlainMessage("ai", "", message.id, tool_calls=message.tool_calls, response_metadata=metadata)


def _history(messages: list[Any]) -> list[Any]:
    """The messages of an update that are not new, because it repeats the conversation up to a person's last words.

    Middleware that shortens or redacts a conversation returns all of it.
    """
    if not messages or messages[0].type not in INPUT_TYPES:
        return []
    return messages[: max((place for place, message in enumerate(messages) if message.type == "human"), default=0)]

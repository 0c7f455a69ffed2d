"""The events of LangChain's `.astream_events()`, which tell of every runnable of a chain or graph. Read in core 1.8."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.delta import Delta
from faas_stream.sources.documents import are_documents
from faas_stream.sources.graph_messages import GraphMessages, Place, is_message
from faas_stream.sources.graph_parts import Origins, part_of_mapping, part_of_tuple
from faas_stream.sources.graph_tools import GraphTools
from faas_stream.sources.langchain import LangChainReader
from faas_stream.sources.langgraph import GraphReader
from faas_stream.sources.state import AnswerState
from faas_stream.sources.values import jsonable

_PREFIX = "on_"
_PHASES = ("start", "stream", "end", "error")
_RUNNABLES = ("chain", "chat_model", "llm", "tool", "retriever", "prompt", "parser")


class RunEventReader:
    """Reads the events of one run. Every runnable that a text passes has events with it: the model's are read."""

    def __init__(
        self, state: AnswerState, reader: LangChainReader, messages: GraphMessages, graph: GraphReader
    ) -> None:
        self._state, self._reader, self._messages, self._graph = state, reader, messages, graph
        self._tools = GraphTools(state, messages)
        self._origins = Origins()
        self._has_model = False

    @staticmethod
    def recognises(item: Mapping[Any, Any]) -> bool:
        """True for an event of a run."""
        return "run_id" in item and "data" in item and str(item.get("event", "")).startswith(_PREFIX)

    def read(self, item: Mapping[str, Any]) -> list[Delta]:
        """What the event brings."""
        kind = str(item["event"]).removeprefix(_PREFIX)
        runnable, _, phase = kind.rpartition("_")
        data: Mapping[str, Any] = item["data"] or {}
        _, place = self._origins.of(item.get("metadata") or {})
        out: list[Delta] = []
        if kind == "custom_event":
            out.append(Delta(value=jsonable(data), has_value=True, by_agent=True))
        elif runnable not in _RUNNABLES or phase not in _PHASES:
            self._state.skip(item["event"])
        elif runnable in ("chat_model", "llm"):
            self._read_model(phase, data, place, out)
        elif runnable == "tool":
            self._read_tool(phase, item, data, place, out)
        elif runnable == "retriever" and phase == "end":
            if are_documents(found := data.get("output")) and not place.path:
                out += self._graph.documents.cite(found)
        elif runnable == "chain":
            self._read_chain(phase, item, data, place, out)
        return out

    def _read_model(self, phase: str, data: Mapping[str, Any], place: Place, out: list[Delta]) -> None:
        self._has_model = True
        made = data.get("chunk") if phase == "stream" else data.get("output") if phase == "end" else None
        if is_message(made):
            read = self._messages.read_piece if phase == "stream" else self._messages.read_whole
            read(made, place, out)
        elif phase == "stream":
            piece = made if isinstance(made, str) else getattr(made, "text", "")
            self._messages.send(Delta(text=self._state.text(piece)), place, out)

    def _read_tool(
        self, phase: str, item: Mapping[str, Any], data: Mapping[str, Any], place: Place, out: list[Delta]
    ) -> None:
        """A tool that raises has no result: the graph decides what its model is told."""
        if phase == "start":
            self._tools.start(str(item["run_id"]), item.get("name"), data.get("input"), place, out)
        elif phase == "end":
            self._tools.finish(str(item["run_id"]), data.get("output"), place, out)

    def _read_chain(
        self, phase: str, item: Mapping[str, Any], data: Mapping[str, Any], place: Place, out: list[Delta]
    ) -> None:
        """The runs of a graph's nodes are its steps. The outermost chain brings what no other event has."""
        if place.node and item.get("name") == place.node:
            if phase == "start":
                self._graph.steps.start(str(item["run_id"]), place.node, place.path, out)
            elif phase == "end":
                self._graph.steps.finish(str(item["run_id"]), place.node, place.path, out)
        elif phase == "stream" and not item.get("parent_ids"):
            self._read_outermost(data.get("chunk"), place, out)

    def _read_outermost(self, made: Any, place: Place, out: list[Delta]) -> None:
        if isinstance(made, str) and not self._has_model:
            self._messages.send(Delta(text=self._state.text(made)), place, out)
        part = part_of_mapping(made) if isinstance(made, Mapping) else None
        if isinstance(made, tuple):
            part = part_of_tuple(made)
        if part:
            out += self._graph.read(part)

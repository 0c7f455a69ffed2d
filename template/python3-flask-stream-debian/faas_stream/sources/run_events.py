"""The events of LangChain's `.astream_events()`, of every runnable of a chain or graph. Checked with core 1.8."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.delta import Delta
from faas_stream.sources.documents import are_documents
from faas_stream.sources.graph_messages import GraphMessages, is_message
from faas_stream.sources.graph_parts import Origins, part_of_mapping, part_of_tuple
from faas_stream.sources.graph_tools import GraphTools
from faas_stream.sources.langchain import LangChainReader
from faas_stream.sources.langgraph import GraphReader
from faas_stream.sources.repeated_messages import Place
from faas_stream.sources.state import AnswerState
from faas_stream.sources.values import jsonable

_PREFIX = "on_"
_PHASES = ("start", "stream", "end", "error")
_RUNNABLES = ("chain", "chat_model", "llm", "tool", "retriever", "prompt", "parser")

_HIDDEN = "nostream"
"""The tag of a model whose pieces LangGraph leaves out of its streams, for example of one that summarizes."""


class RunEventReader:
    """Reads the events of one run. Every runnable that a text passes reports it, so only the model's events count."""

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
        elif runnable in ("chat_model", "llm") and _HIDDEN in (item.get("tags") or ()):
            self._count_hidden(phase, data, out)
        elif runnable in ("chat_model", "llm"):
            self._read_model(phase, data, place, out)
        elif runnable == "tool":
            self._read_tool(phase, item, data, place, out)
        elif runnable == "retriever" and phase == "end":
            if are_documents(documents := data.get("output")) and not place.path:
                out += self._graph.documents.cite(documents)
        elif runnable == "chain":
            self._read_chain(phase, item, data, place, out)
        return out

    def _read_model(self, phase: str, data: Mapping[str, Any], place: Place, out: list[Delta]) -> None:
        self._has_model = True
        output = data.get("chunk") if phase == "stream" else data.get("output") if phase == "end" else None
        if is_message(output):
            read = self._messages.read_piece if phase == "stream" else self._messages.read_whole
            read(output, place, out)
        elif phase == "stream":
            piece = output if isinstance(output, str) else getattr(output, "text", "")
            self._messages.send(Delta(text=self._state.text(piece)), place, out)

    def _count_hidden(self, phase: str, data: Mapping[str, Any], out: list[Delta]) -> None:
        """Counts the usage of a message that is not sent, unless its node returns it."""
        output = data.get("output")
        if phase == "end" and is_message(output) and (counted := self._reader.count(output)):
            out.append(Delta(usage=counted.usage, by_agent=True))

    def _read_tool(
        self, phase: str, item: Mapping[str, Any], data: Mapping[str, Any], place: Place, out: list[Delta]
    ) -> None:
        """Reads the start or end of a tool. A tool that raises has no result: the graph decides what its model gets."""
        if phase == "start":
            self._tools.start(str(item["run_id"]), item.get("name"), data.get("input"), place, out)
        elif phase == "end":
            self._tools.finish(str(item["run_id"]), data.get("output"), place, out)

    def _read_chain(
        self, phase: str, item: Mapping[str, Any], data: Mapping[str, Any], place: Place, out: list[Delta]
    ) -> None:
        """Reads a node's run as a step of its graph. Of other chains, only the outermost has anything new."""
        if place.node and item.get("name") == place.node:
            if phase == "start":
                self._graph.steps.start(str(item["run_id"]), place.node, place.path, out)
            elif phase == "end":
                self._graph.steps.finish(str(item["run_id"]), place.node, place.path, out)
        elif phase == "stream" and not item.get("parent_ids"):
            self._read_outermost(data.get("chunk"), place, out)

    def _read_outermost(self, chunk: Any, place: Place, out: list[Delta]) -> None:
        if isinstance(chunk, str) and not self._has_model:
            self._messages.send(Delta(text=self._state.text(chunk)), place, out)
        part = part_of_mapping(chunk) if isinstance(chunk, Mapping) else None
        if isinstance(chunk, tuple):
            part = part_of_tuple(chunk)
        if part:
            out += self._graph.read(part)

"""Messages as events of LangChain's streaming protocol: start, blocks of content, finish. Checked with core 1.8."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.content import read_content
from faas_stream.sources.delta import Delta
from faas_stream.sources.failures import reported_failure
from faas_stream.sources.graph_messages import GraphMessages
from faas_stream.sources.langchain import LangChainReader
from faas_stream.sources.repeated_messages import Place
from faas_stream.sources.state import LANGCHAIN, AnswerState

_BLOCK_START, _BLOCK_DELTA, _BLOCK_FINISH = "content-block-start", "content-block-delta", "content-block-finish"
_MESSAGE_START = "message-start"
_CALLS = ("tool_call", "tool_call_chunk")
_INVALID_CALLS = ("invalid_tool_call",)


class MessageEventReader:
    """Reads the messages of one run. Each task makes one message at a time; only the first event has its id."""

    def __init__(self, state: AnswerState, reader: LangChainReader, messages: GraphMessages) -> None:
        self._state, self._reader, self._messages = state, reader, messages
        self._ids: dict[str, Any] = {}  # of the message that each task makes, by the task
        self._known_ids: set[Any] = set()  # of input, and of messages that another stream has brought
        self._sent: dict[tuple[Any, Any], int] = {}  # how much text of each block was read, in characters

    @staticmethod
    def recognises(item: Mapping[Any, Any]) -> bool:
        """True for the first event of a message."""
        return item.get("event") == _MESSAGE_START and "role" in item

    def read(self, event: Mapping[str, Any], task: str, place: Place, out: list[Delta]) -> None:
        """Appends what the event brings. Raises UpstreamFailedError if it reports that the message failed."""
        kind, place = event["event"], self._messages.locate(place)
        if kind == _MESSAGE_START:
            self._ids[task] = event.get("id")
            if event.get("role") != "ai" or self._messages.begin(event.get("id")):
                self._known_ids.add(event.get("id"))
        id = self._ids.get(task)
        if id in self._known_ids:
            return
        if kind == "error":
            raise reported_failure({"error": event})
        delta = Delta()
        block = id, event.get("index")
        if kind == _BLOCK_START:
            self._read_block(block, event["content"], place, delta, is_start=True)
        elif kind == _BLOCK_DELTA:
            self._read_delta(block, event["delta"], place, delta)
        elif kind == _BLOCK_FINISH:
            self._read_block(block, event["content"], place, delta, is_start=False)
        elif kind == "message-finish":
            self._reader.read_end(id, event.get("metadata") or {}, event.get("usage"), delta, True)
        if delta.text or delta.tool_calls:
            self._state.completeness.has_content = True
        self._messages.send(delta, place, out, id)

    def _read_delta(self, block: tuple[Any, Any], piece: Mapping[str, Any], place: Place, delta: Delta) -> None:
        match piece["type"]:
            case "text-delta":
                self._read_text(block, piece["text"], "", delta)
            case "reasoning-delta":
                self._read_text(block, "", piece["reasoning"], delta)
            case "tool-call-delta":
                self._call(block, {}, piece["args"], place, delta)

    def _read_block(
        self, block: tuple[Any, Any], content: Mapping[str, Any], place: Place, delta: Delta, *, is_start: bool
    ) -> None:
        """Reads the start or the finish of a block. The finish repeats the pieces, but only it has the citations.

        It also has what LangChain's middleware has held back: text that may have had to be redacted.
        """
        kind = content.get("type")
        if kind in _CALLS:
            # The arguments of a whole call are an object.
            if is_start or not self._state.calls.has_arguments(block):
                self._call(block, content, content.get("args"), place, delta)
        elif kind not in _INVALID_CALLS:
            text, reasoning, sources, omitted_type = read_content([content])
            sent = self._sent.get(block, 0)
            self._read_text(block, text[sent:], reasoning[sent:], delta)
            delta.citations = () if is_start else sources
            if omitted_type:
                self._state.leave_out(LANGCHAIN, omitted_type)

    def _read_text(self, block: tuple[Any, Any], text: str, reasoning: str, delta: Delta) -> None:
        self._sent[block] = self._sent.get(block, 0) + len(text) + len(reasoning)
        delta.text, delta.reasoning = self._state.text(text), self._state.reasoning(reasoning)

    def _call(
        self, block: tuple[Any, Any], content: Mapping[str, Any], arguments: object, place: Place, delta: Delta
    ) -> None:
        if not self._messages.sends_tool_calls(place):  # it must not take an index of the calls that are sent
            return
        call = self._state.calls.add(block, content.get("id"), content.get("name"), arguments)
        delta.tool_calls = [call] if call else ()

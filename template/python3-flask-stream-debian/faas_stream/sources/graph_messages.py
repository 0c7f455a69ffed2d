"""The messages of a graph: which of them are the answer. Each is read once, whichever streams have it."""

from collections import Counter
from typing import Any

from faas_stream.sources.delta import Delta
from faas_stream.sources.langchain import LangChainReader, is_tool_result
from faas_stream.sources.repeated_messages import Place, RepeatedMessages
from faas_stream.sources.state import AnswerState
from faas_stream.sources.withheld_text import WithheldText

_CALLS = "tool_calls"
_TOOLS = "tools"
"""What agents call the node that runs their tools."""


class GraphMessages:
    """Reads the messages of one run.

    answer_node: the node whose messages are the answer, in whichever graph, and also those of a graph that the node
    runs; None for all messages of the top graph. has_text: text of a message was sent. has_answer: other text was sent.
    """

    def __init__(self, state: AnswerState, reader: LangChainReader, answer_node: str | None) -> None:
        self._state, self._reader, self._answer_node = state, reader, answer_node
        self._repeated = RepeatedMessages()
        self._last: Any = None  # id of the last message that came in pieces
        # The calls without a result, by their id: the tool's name, and the node that made the call.
        self._calls: dict[Any, tuple[str, str]] = {}
        self._running: set[Any] = set()  # ids of the calls whose tools have started
        self._announced: Counter[str] = Counter()  # how many calls models have made, by the tool's name
        self._started: Counter[str] = Counter()  # how many tools have started, by their name
        self._has_results = False
        self._finish_reason: str | None = None
        self.has_text = self.has_answer = False
        self._withheld = WithheldText()
        self._omitted_nodes: dict[str, None] = {}  # whose text is not part of the answer

    def read_piece(self, message: Any, place: Place, out: list[Delta]) -> None:
        """Appends what a chunk of a message brings, or a message that comes instead of chunks."""
        is_new, self._last = message.id != self._last, message.id
        if is_tool_result(message):
            self.read_whole(message, place, out)
        elif is_new and not message.type.endswith("Chunk"):
            self.read_whole(message, self.locate(place), out)
        else:
            if is_new:
                self._repeated.begin(message.id)
            self._read(message, self.locate(place), out)

    def read_whole(self, message: Any, place: Place, out: list[Delta]) -> None:
        """Appends what a message of a state brings: nothing if it was read before."""
        if not self._repeated.repeats(message, place):
            self._read(message, place, out)

    def skip(self, message: Any, place: Place) -> None:
        """Marks a message that is not part of the answer as read."""
        self._repeated.repeats(message, place)

    @property
    def has_begun(self) -> bool:
        """True once a message was read or skipped."""
        return self._repeated.has_begun

    def begin(self, id: object) -> bool:
        """Marks a message whose pieces follow as read. Returns True if it was read before."""
        return self._repeated.begin(id)

    def locate(self, place: Place) -> Place:
        """The place of a message that comes in pieces, with `is_in_tool` set.

        The messages of a model do not say that a tool called the model. But while calls wait for their results, the
        node that runs their tools is not the node that made the calls, and it is named `tools` or started by a `Send`.
        """
        if not self._calls or not (place.is_sent or place.node == _TOOLS):
            return place
        return place._replace(is_in_tool=all(caller != place.node for _, caller in self._calls.values()))

    def is_answer(self, place: Place) -> bool:
        """True if the text of a message from this place is part of the answer."""
        if self._answer_node is None:
            return not place.path and not place.is_in_tool
        return self._answer_node == place.node or self._answer_node in place.path

    def offer(self, text: str) -> None:
        """Makes this text the answer if the run has no other: LangGraph's functional API returns it."""
        self._withheld.replace(text)

    def send(self, delta: Delta, place: Place, out: list[Delta], id: object = None) -> None:
        """Appends a message's delta, without what a message from this place must not bring. id: of the message."""
        delta.by_agent = True
        if not self.is_answer(place):
            if delta.text:
                self._leave_out(place)
            if self._answer_node is None and not place.is_in_tool:
                self._withheld.add((place, id), delta)
            delta.text = delta.reasoning = ""
            delta.citations, delta.finish_reason = (), None
        else:
            self.has_text |= bool(delta.text)
            self._repeated.add(id, delta, place)
        self._finish_reason = delta.finish_reason or self._finish_reason
        for call in delta.tool_calls:
            if "id" in call:
                self._calls[call["id"]] = call["name"], place.node
                self._announced[call["name"]] += 1
        for result in delta.tool_results:
            self._has_results = True
            self._calls.pop(result["id"], None)
        out.append(delta)

    def sends_tool_calls(self, place: Place) -> bool:
        """True if the tool calls of a message from this place are sent. Those of the top graph always are."""
        return (not place.path and not place.is_in_tool) or self.is_answer(place)

    def claim(self, id: str, name: str) -> str | None:
        """The id of the call whose tool starts, None if no model has made it. id: of the call, or of the tool's run.

        A run's id does not say which of several calls of one tool it is. So calls and starts are counted.
        """
        if self._started[name] >= self._announced[name]:
            return None
        self._started[name] += 1
        calls = [call for call, (tool, _) in self._calls.items() if tool == name]
        known = id if id in calls else next((call for call in calls if call not in self._running), None)
        self._running.add(known)
        return known or id

    def end(self, out: list[Delta]) -> None:
        """Appends the withheld text, if the run has no other.

        Otherwise appends the finish reason `stop`, if the last message called tools and all of them have returned.
        """
        if not (self.has_text or self.has_answer) and (delta := self._withheld.last()):
            out.append(delta)
        elif self._finish_reason == _CALLS and self._has_results and not self._calls:
            out.append(Delta(finish_reason="stop", by_agent=True))

    @property
    def notes(self) -> list[str]:
        """Why an answer has no text, for the log."""
        if self.has_text or self.has_answer or not self._omitted_nodes:
            return []
        nodes = ", ".join(self._omitted_nodes)
        if self._withheld.last():
            return [
                f"the text was sent in one piece, because all of it is of subgraphs, {nodes}. "
                "Name one with stream(answer_node=…), and its text is sent as it comes"
            ]
        if self._answer_node is None:
            return [f"no text was sent: all of it is of tools, {nodes}. Name one with stream(answer_node=…)"]
        return [f"no text was sent: answer_node={self._answer_node!r} is none of the nodes with text, {nodes}"]

    def _leave_out(self, place: Place) -> None:
        name = "/".join((*place.path, place.node) if place.node else place.path)
        self._omitted_nodes[name or "the stream of values, which names no nodes"] = None

    def _read(self, message: Any, place: Place, out: list[Delta]) -> None:
        if self.sends_tool_calls(place):
            for delta in self._reader.read_message(message, is_sent=self.is_answer(place)):
                self.send(delta, place, out, message.id)
        elif (counted := self._reader.count(message)) is not None:
            self._leave_out(place)
            self.send(counted, place, out, message.id)


def is_message(value: object) -> bool:
    """True for a message of LangChain, or a chunk of one."""
    return hasattr(value, "response_metadata") and hasattr(value, "content")


def messages_in(value: object) -> list[Any]:
    """The messages of a member of a state, which is one message or a list of them; [] for other members."""
    if isinstance(value, list | tuple):
        return [member for member in value if is_message(member)]
    return [value] if is_message(value) else []

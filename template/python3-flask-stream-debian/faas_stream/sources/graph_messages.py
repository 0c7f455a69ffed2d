"""The messages of a graph: which of them are the answer, each once however many of the graph's streams have it."""

from collections import Counter
from typing import Any, NamedTuple

from faas_stream.sources.delta import Delta
from faas_stream.sources.langchain import LangChainReader, is_tool_result
from faas_stream.sources.plain_messages import PlainMessage
from faas_stream.sources.state import AnswerState
from faas_stream.sources.withheld_text import WithheldText

_CALLS = "tool_calls"
_TOOLS = "tools"
"""What agents call the node that runs their tools."""


class Place(NamedTuple):
    """Where an item is from.

    node: "" if it is the graph's own. path: the nodes that the graph is in; () at the top. is_sent: another node has
    sent the node's task. is_in_tool: a tool has made the item.
    """

    node: str = ""
    path: tuple[str, ...] = ()
    is_sent: bool = False
    is_in_tool: bool = False


class GraphMessages:
    """Reads the messages of one run.

    answer_node: the node whose messages are the answer, wherever it is; None for all of the top graph. A name also
    stands for the graph that the node runs. has_text: text of a message was sent. has_answer: other text was sent.
    """

    def __init__(self, state: AnswerState, reader: LangChainReader, answer_node: str | None) -> None:
        self._state, self._reader, self._answer_node = state, reader, answer_node
        self._known: set[Any] = set()  # keys of the messages that were read, at least in part
        self._last: Any = None  # id of the last message that came in pieces
        # Of the tools that were called and have not returned, by the call's id: the tool, and the node of the call.
        self._calls: dict[Any, tuple[str, str]] = {}
        self._running: set[Any] = set()  # ids of those that have started
        self._announced: Counter[str] = Counter()  # by the tool's name, how many calls models have made
        self._started: Counter[str] = Counter()  # how many of them have started
        self._has_results = False
        self._finish_reason: str | None = None
        self.has_text = self.has_answer = False
        self._withheld = WithheldText()
        self._plain: set[Any] = set()  # keys of the plain messages, which have no ids
        self._left_out: dict[str, None] = {}  # names of the nodes whose text is not part of the answer

    def read_piece(self, message: Any, place: Place, out: list[Delta]) -> None:
        """Appends what a chunk of a message brings, or a message that comes instead of chunks."""
        if message.id != self._last:
            self._last = message.id
            self._known.add(message.id)
        if is_tool_result(message):
            self.read_whole(message, place, out)
        else:
            self._read(message, self.locate(place), out)

    def read_whole(self, message: Any, place: Place, out: list[Delta]) -> None:
        """Appends what a message of a state brings: nothing if it was read before."""
        if not self.skip(message):
            self._read(message, place, out)

    def skip(self, message: Any) -> bool:
        """Marks the message as read. Returns True if it was read before."""
        key = _key(message)
        if key in self._known:
            return True
        self._known.add(key)
        if isinstance(message, PlainMessage):
            self._plain.add(_content_key(message))
        elif self._plain and _content_key(message) in self._plain:  # the graph has made a message of it, with an id
            self._plain.discard(_content_key(message))
            return True
        return False

    def begin(self, id: object) -> bool:
        """Marks a message whose pieces follow as read. Returns True if it was read before."""
        is_known = id in self._known
        self._known.add(id)
        return is_known

    def locate(self, place: Place) -> Place:
        """The place of a message in pieces, with `is_in_tool`.

        A tool that asks a model is not named in the model's messages. But while calls wait for their results, the node
        that runs them is another than the one that has made them, and is called `tools` or was sent the calls.
        """
        if not self._calls or not (place.is_sent or place.node == _TOOLS):
            return place
        return place._replace(is_in_tool=all(caller != place.node for _, caller in self._calls.values()))

    def is_answer(self, place: Place) -> bool:
        """True if the text of a message from there is part of the answer."""
        if self._answer_node is None:
            return not place.path and not place.is_in_tool
        return self._answer_node == place.node or self._answer_node in place.path

    def offer(self, text: str) -> None:
        """This text is the answer if the run has no other: what a function of LangGraph's functional API returns."""
        self._withheld.replace(text)

    def send(self, delta: Delta, place: Place, out: list[Delta], id: object = None) -> None:
        """Appends a message's delta without what is not sent of a message from there. id: of the message."""
        delta.by_agent = True
        if not self.is_answer(place):
            if delta.text:
                self._leave_out(place)
            if self._answer_node is None and not place.is_in_tool:
                self._withheld.add((place, id), delta)
            delta.text = delta.reasoning = ""
            delta.citations, delta.finish_reason = (), None
        self.has_text |= bool(delta.text)
        self._finish_reason = delta.finish_reason or self._finish_reason
        for call in delta.tool_calls:
            if "id" in call:
                self._calls[call["id"]] = call["name"], place.node
                self._announced[call["name"]] += 1
        for result in delta.tool_results:
            self._has_results = True
            self._calls.pop(result["id"], None)
        out.append(delta)

    def has_tools(self, place: Place) -> bool:
        """True if the tool calls of a message from there are sent. Those of the top graph always are."""
        return (not place.path and not place.is_in_tool) or self.is_answer(place)

    def claim(self, id: str, name: str) -> str | None:
        """The id of the call that starts, None if no model has sent it. id: of the call, or of the tool's run.

        Of several calls of one tool, a run's id does not say which it is. The number that has started is certain.
        """
        if self._started[name] >= self._announced[name]:
            return None
        self._started[name] += 1
        calls = [call for call, (tool, _) in self._calls.items() if tool == name]
        known = id if id in calls else next((call for call in calls if call not in self._running), None)
        self._running.add(known)
        return known or id

    def end(self, out: list[Delta]) -> None:
        """Appends the text of a run that has none but a subgraph's, and the end of one whose last message called tools.

        If the tools have returned, nothing is left to be called.
        """
        if not (self.has_text or self.has_answer) and (delta := self._withheld.last()):
            out.append(delta)
        elif self._finish_reason == _CALLS and self._has_results and not self._calls:
            out.append(Delta(finish_reason="stop", by_agent=True))

    @property
    def notes(self) -> list[str]:
        """Why an answer has no text, for the log."""
        if self.has_text or self.has_answer or not self._left_out:
            return []
        nodes = ", ".join(self._left_out)
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
        self._left_out[name or "the stream of values, which names no nodes"] = None

    def _read(self, message: Any, place: Place, out: list[Delta]) -> None:
        if self.has_tools(place):
            for delta in self._reader.read_message(message):
                self.send(delta, place, out, message.id)
        elif (counted := self._reader.count(message)) is not None:
            self._leave_out(place)
            self.send(counted, place, out, message.id)


def is_message(value: object) -> bool:
    """True for a message of LangChain, or a chunk of one."""
    return hasattr(value, "response_metadata") and hasattr(value, "content")


def messages_in(value: object) -> list[Any]:
    """The messages of a member of a state, which has one or a list of them; [] for other members."""
    if isinstance(value, list | tuple):
        return [member for member in value if is_message(member)]
    return [value] if is_message(value) else []


def _key(message: Any) -> Any:
    """What tells messages apart. A tool's result may have no id yet, or different ones, but it has that of its call."""
    if is_tool_result(message):
        return "result", message.tool_call_id
    return message.id or _content_key(message)


def _content_key(message: Any) -> Any:
    return message.type, str(message.content)

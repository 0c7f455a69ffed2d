"""Messages of a graph that were read before, in another stream or with another id."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from math import inf
from typing import Any, NamedTuple

from faas_stream.sources.content import read_content
from faas_stream.sources.delta import Delta
from faas_stream.sources.langchain import is_tool_result


class Place(NamedTuple):
    """Where an item is from.

    node: "" for the graph itself. path: the nodes that the graph is in; () at the top. is_sent: another node has
    started the node's task with LangGraph's `Send`. is_in_tool: a tool has made the item. stream: the mode of the
    stream that has a whole message, "" if that is unknown.
    """

    node: str = ""
    path: tuple[str, ...] = ()
    is_sent: bool = False
    is_in_tool: bool = False
    stream: str = ""


class RepeatedMessages:
    """Knows the messages of one run.

    A node may return what its model has said in a message of its own: as a dict, which gets an id only in the graph's
    state, or as a message with another id. Such a copy of a text that was sent in pieces is a repeated message.
    """

    def __init__(self) -> None:
        self._known: set[Any] = set()  # keys of the messages that were read, at least in part
        self._in_pieces: dict[Any, _Sent] = {}  # what was sent of each message that came in pieces
        self._plain: Counter[Any] = Counter()  # how many messages without an id were read, by their content
        self._in_stream: Counter[Any] = Counter()  # and how many of them each stream has had
        self._without_id: Counter[Any] = Counter()  # those of which the graph has made no message with an id yet

    @property
    def has_begun(self) -> bool:
        """True once a message has come."""
        return bool(self._known or self._plain)

    def begin(self, id: object) -> bool:
        """Notes that a message begins whose pieces follow. Returns True if it was read before."""
        if id in self._known:
            return True
        self._known.add(id)
        self._in_pieces[id] = _Sent()
        return False

    def add(self, id: object, delta: Delta, place: Place) -> None:
        """Notes what is sent of a message. Only what comes in pieces counts."""
        if (sent := self._in_pieces.get(id)) is not None:
            sent.add(delta.text, (call["id"] for call in delta.tool_calls if "id" in call), place)

    def repeats(self, message: Any, place: Place) -> bool:
        """True if the whole message was read before. It is known from now on."""
        key = _key(message)
        if key in self._known:
            if place.stream and key in self._in_pieces:
                self._in_pieces[key].came_whole(place)
            return True
        content = message.type, str(message.content), *_call_ids(message)
        if key is None:
            return self._repeats_plain(content, place) or self._is_copy(message, place)
        self._known.add(key)
        if self._without_id[content]:
            self._without_id[content] -= 1
            return True
        return self._is_copy(message, place)

    def _repeats_plain(self, content: Any, place: Place) -> bool:
        self._in_stream[place.stream, content] += 1
        if self._in_stream[place.stream, content] <= self._plain[content]:
            return True
        self._plain[content] += 1
        self._without_id[content] += 1
        return False

    def _is_copy(self, message: Any, place: Place) -> bool:
        copy = _Sent()
        copy.add(read_content(message.content).text if message.type == "ai" else "", _call_ids(message), place)
        original = next((sent for sent in self._in_pieces.values() if copy.is_copy_of(sent)), None)
        if original is not None:
            original.came_whole(place)
        return original is not None


class _Sent:
    """What was sent of a message: a hash of its text without white space, and the ids of its calls."""

    def __init__(self) -> None:
        self.hash = hashlib.blake2b()
        self.has_text = False
        self.calls: set[Any] = set()
        self.place = Place()
        self.depth = inf  # of the outermost graph whose state has the message

    def add(self, text: str, calls: Iterable[Any], place: Place) -> None:
        self.calls.update(calls)
        if words := "".join(text.split()):
            self.hash.update(words.encode(errors="surrogatepass"))
            self.has_text, self.place = True, place

    def came_whole(self, place: Place) -> None:
        """From now on, only a graph that runs the one of this place may have a copy."""
        self.depth = min(self.depth, len(place.path))

    def is_copy_of(self, sent: "_Sent") -> bool:
        """True if the node that has sent the other text, or one that runs its graph, may have returned this one."""
        place, origin = self.place, sent.place
        is_same_node = place.path == origin.path and place.node in ("", origin.node)
        is_near = (is_same_node or place.node in origin.path) and len(place.path) < sent.depth
        is_same = self.hash.digest() == sent.hash.digest() and self.calls <= sent.calls
        return self.has_text and is_near and is_same


def _key(message: Any) -> Any:
    """None for a message without one. A tool's result may have no id, or several, but always the id of its call."""
    if is_tool_result(message):
        return "result", message.tool_call_id
    return message.id


def _call_ids(message: Any) -> list[Any]:
    return [call.get("id") for call in getattr(message, "tool_calls", None) or ()]

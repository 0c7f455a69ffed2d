"""Which stream of a graph an item is from: the shapes of what `graph.stream()` yields, by its arguments.

| arguments | an item |
|---|---|
| one mode | the payload |
| a list of modes | `(mode, payload)` |
| `subgraphs=True` | a namespace first: `(namespace, payload)`, `(namespace, mode, payload)` |
| `version="v2"` | `{"type": mode, "ns": namespace, "data": payload}` |
| `stream_events(version="v3")` | `{"type": "event", "method": mode, "params": {"namespace", "data"}}` |

A namespace has a part `node:task` for each node that a graph is in. Checked with langgraph 1.2.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from faas_stream.sources.documents import are_documents
from faas_stream.sources.graph_messages import messages_in
from faas_stream.sources.plain_messages import plain_messages_in
from faas_stream.sources.repeated_messages import Place

MESSAGES, VALUES, UPDATES, CUSTOM = "messages", "values", "updates", "custom"
TASKS, DEBUG, CHECKPOINTS, TOOLS = "tasks", "debug", "checkpoints", "tools"
INTERRUPT = "__interrupt__"
AFTER_MODEL = ".after_model"
_HOOKS = (".before_agent", ".before_model", AFTER_MODEL, ".after_agent")
"""How the names of the nodes end in which LangChain runs an agent's middleware."""

_SEPARATOR = "|"
_METADATA = _NODE, _NAMESPACE, _PATH = "langgraph_node", "langgraph_checkpoint_ns", "langgraph_path"
_SENT = "__pregel_push"
_TASK_MARKS = ({"id", "name", "triggers"}, {"id", "name", "result", "interrupts"})
_MEMBERS: Mapping[str, set[Any]] = {
    UPDATES: set(), TOOLS: {"event"}, TASKS: {"id", "name"}, DEBUG: {"type", "payload"}, CHECKPOINTS: {"values"},
}  # fmt: skip
_DEBUG_MARKS = {"timestamp", "type", "payload"}
_CHECKPOINT_MARKS = {"config", "metadata", "values", "next"}


class Part(NamedTuple):
    """An item of a graph. mode: of which stream. path: the nodes that its graph is in.

    is_named: the item itself says its mode, so that other streams may come with it.
    """

    mode: str
    path: tuple[str, ...]
    payload: Any
    interrupts: Any = ()
    is_named: bool = False


def part_of_tuple(item: tuple[Any, ...], is_graph: bool = False, last_mode: str = "") -> Part | None:
    """The part of a graph's stream that a tuple is, None if it is an author's value.

    is_graph: the items before it were a graph's. last_mode: as for `part_of_mapping`.
    """
    if is_message_with_metadata(item):
        return Part(MESSAGES, (), item)
    if len(item) == 3 and _is_namespace(item[0]) and isinstance(item[1], str):
        return Part(item[1], path_of(item[0]), item[2], is_named=True)
    if len(item) != 2:
        return None
    first, payload = item
    if _is_namespace(first):
        return Part(_mode_of(payload, last_mode) or CUSTOM, path_of(first), payload)
    if isinstance(first, str) and (fits(first, payload) or is_graph):
        return Part(first, (), payload, is_named=True)
    return None


def part_of_mapping(item: Mapping[Any, Any], last_mode: str = "") -> Part | None:
    """The part of a graph's stream that a dict is, None if it may be an author's value.

    last_mode: of the item before it, "" if that named its mode. A later update of a graph need not show that it is one.
    """
    kind = item.get("type")
    if kind == "event" and isinstance(params := item.get("params"), Mapping) and "method" in item:
        path = path_of(params.get("namespace") or ())
        return Part(str(item["method"]), path, params.get("data"), params.get("interrupts") or (), True)
    if isinstance(kind, str) and "data" in item and _is_namespace(item.get("ns")):
        return Part(kind, path_of(item["ns"]), item["data"], item.get("interrupts") or (), True)
    mode = _mode_of(item, last_mode)
    return Part(mode, (), item) if mode else None


def is_message_with_metadata(item: Any) -> bool:
    """True for what the stream of messages has: a message, or an event of one, and where it is from."""
    if not isinstance(item, tuple) or len(item) != 2 or not isinstance(item[1], Mapping):
        return False
    return hasattr(item[0], "response_metadata") or (
        isinstance(item[0], Mapping) and "event" in item[0] and any(name in item[1] for name in _METADATA)
    )


class Origins:
    """Where the messages of a run are from, by their metadata, which most share with the message before them."""

    def __init__(self) -> None:
        self._last_key: tuple[Any, Any] | None = None
        self._origin: tuple[str, Place] = "", Place()

    def of(self, metadata: Mapping[str, Any]) -> tuple[str, Place]:
        """The task's id, the node's name if that is unknown, and the place."""
        key = metadata.get(_NODE), metadata.get(_NAMESPACE)
        if key != self._last_key:
            self._last_key, self._origin = key, _origin(*key, metadata.get(_PATH))
        return self._origin


def _origin(node: Any, namespace: Any, path: Any) -> tuple[str, Place]:
    """As `Origins.of`. A task that a node calls as a function is in the node's graph, despite its namespace."""
    parts = namespace.split(_SEPARATOR) if isinstance(namespace, str) and namespace else []
    path = path if isinstance(path, tuple | list) else ()
    depth, is_sent = 1, _SENT in path
    while len(path) == 4 and path[-1] is True:
        depth, path = depth + 1, path[1]
    task = parts[-1].partition(":")[2] if parts else ""
    node = node if isinstance(node, str) else ""
    return task or node, Place(node, path_of(parts[:-depth]), is_sent)


def path_of(namespace: Any) -> tuple[str, ...]:
    """The names of the nodes in a namespace."""
    return tuple(str(part).partition(":")[0] for part in namespace)


def state_members(value: Any) -> Mapping[Any, Any]:
    """The members of a state or update that is a dict, pydantic model or dataclass. Another value is one member."""
    if isinstance(value, Mapping):
        return value
    fields = getattr(type(value), "model_fields", None) or getattr(value, "__dataclass_fields__", None)
    if fields and not messages_in(value):
        return {name: getattr(value, name, None) for name in fields}
    return {"": value}


def _is_namespace(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, str) and ":" in part for part in value)


def fits(mode: str, payload: object) -> bool:
    """True if the mode is known and has such payloads. If not, a tuple may be an author's own."""
    if mode == MESSAGES:
        return is_message_with_metadata(payload)
    if mode == CUSTOM:
        return True
    if mode == VALUES:
        return payload is not None and not isinstance(payload, str | int | float | list)
    return isinstance(payload, Mapping) and _MEMBERS.get(mode, {None}) <= payload.keys()


def _mode_of(payload: Any, last_mode: str) -> str:
    """The mode of a payload, "" if nothing in the payload shows it."""
    if is_message_with_metadata(payload):
        return MESSAGES
    if not isinstance(payload, Mapping):
        return ""
    names = payload.keys()
    if any(marks <= names for marks in _TASK_MARKS):
        return TASKS
    if names >= _DEBUG_MARKS:
        return DEBUG
    if names >= _CHECKPOINT_MARKS:
        return CHECKPOINTS
    if str(payload.get("event", "")).startswith("tool-") and "tool_call_id" in names:
        return TOOLS
    if any(map(messages_in, payload.values())):
        return VALUES
    if INTERRUPT in names or any(map(_is_hook, names)) or any(map(_is_update, payload.values())):
        return UPDATES
    if last_mode == UPDATES and all(value is None or isinstance(value, Mapping | list) for value in payload.values()):
        return UPDATES
    return ""


def _is_hook(name: object) -> bool:
    return isinstance(name, str) and name.endswith(_HOOKS)


def _is_update(value: object) -> bool:
    """True for the update of a node that has messages or Documents, which show that it is no author's value."""
    if isinstance(value, list | tuple):
        return any(map(_is_update, value))
    if not isinstance(value, Mapping):
        return False
    return any(messages_in(member) or plain_messages_in(member) or are_documents(member) for member in value.values())

"""Tools that run inside a graph or a chain, from the streams that report when each starts and returns."""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.sources.delta import Delta
from faas_stream.sources.graph_messages import GraphMessages, messages_in
from faas_stream.sources.repeated_messages import Place
from faas_stream.sources.state import AnswerState
from faas_stream.sources.values import jsonable


class GraphTools:
    """Sends the calls that no model has made, and the results that are no messages."""

    def __init__(self, state: AnswerState, messages: GraphMessages) -> None:
        self._state, self._messages = state, messages
        self._running: dict[str, tuple[str, str]] = {}  # by the run's id: the id of the call, and the tool's name

    def read(self, payload: Mapping[str, Any], place: Place, out: list[Delta]) -> None:
        """Appends what an event of the stream `tools` brings. A tool that raises has no result."""
        id = str(payload.get("tool_call_id"))
        match payload.get("event"):
            case "tool-started":
                self.start(id, payload.get("tool_name"), payload.get("input"), place, out)
            case "tool-finished":
                self.finish(id, payload.get("output"), place, out)

    def start(self, id: str, name: object, arguments: object, place: Place, out: list[Delta]) -> None:
        """Appends the call of a tool, if no model has made it. id: of the call, or of the tool's run."""
        name = str(name or "tool")
        known = self._messages.claim(id, name)
        self._running[id] = known or id, name
        if known or not self._messages.sends_tool_calls(place):
            return
        call = self._state.calls.add(id, id, name, json.dumps(_plain(arguments)))
        self._messages.send(Delta(tool_calls=[call] if call else ()), place, out)

    def finish(self, id: str, output: Any, place: Place, out: list[Delta]) -> None:
        """Appends the result of a tool: a message, a Command that updates the state with one, or any value."""
        call, name = self._running.pop(id, (id, ""))
        is_command = hasattr(output, "goto") and hasattr(output, "update")
        members = output.update.values() if is_command and isinstance(output.update, Mapping) else [output]
        messages = [message for value in members for message in messages_in(value)]
        for message in messages:
            self._messages.read_whole(message, place, out)
        if messages or is_command or not self._messages.sends_tool_calls(place):
            return
        result = {"id": call, "name": name, "result": _plain(output)}
        self._messages.send(Delta(tool_results=[result]), place, out)


def _plain(value: Any) -> Any:
    """The value as JSON, or as text if it has no such form."""
    try:
        return jsonable(value)
    except TypeError:
        return str(value)

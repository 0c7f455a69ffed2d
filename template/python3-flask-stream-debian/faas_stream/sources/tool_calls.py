"""Which call a piece of a tool call belongs to.

Providers leave out `index`, repeat it for every call, repeat `id` and `name` with every piece, or send them late. The
id decides if there is one, then the index, then the order.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from faas_stream.sources.values import WholeText, jsonable, parse_json


@dataclass(slots=True)
class _Call:
    index: int
    key: Any  # upstream's own index
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)  # a string would be copied for each piece
    unsent: str = ""
    is_announced: bool = False
    whole: WholeText = field(default_factory=WholeText)


class ToolCalls:
    """The calls of one answer, each with its own `index`, counted from 0.

    indexes: where the answer has other calls besides.
    """

    def __init__(self, indexes: Iterator[int] | None = None) -> None:
        self._indexes = count() if indexes is None else indexes
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, key: object, id: object, name: object, arguments: object) -> dict[str, Any] | None:
        """The piece to send, None if there is nothing to send yet. key: upstream's index, None if it sent none.

        The first piece of a call has `id` and `name`, so it waits for the name, and for the id until arguments arrive.
        """
        id = str(id) if isinstance(id, str | int) else ""
        name = name if isinstance(name, str) else ""
        call = self._call(key, id, name)
        call.id, call.name = call.id or id, call.name or name
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(jsonable(arguments), separators=(",", ":"))
        if piece := call.whole(arguments or ""):
            call.arguments.append(piece)
        if call.is_announced:
            return {"index": call.index, "arguments": piece} if piece else None
        call.unsent += piece
        return self._announce(call) if call.name and (call.id or call.unsent) else None

    def has_arguments(self, key: object) -> bool:
        """True if arguments of the last call with upstream's index `key` have arrived."""
        return next((bool(call.arguments) for call in reversed(self._calls) if call.key == key), False)

    def end(self) -> list[dict[str, Any]]:
        """The calls that still wait for a name or an id."""
        return [self._announce(call) for call in self._calls if not call.is_announced]

    def _call(self, key: object, id: str, name: str) -> _Call:
        call = self._known(key, id, name)
        if call is None:
            call = _Call(next(self._indexes), key)
            self._calls.append(call)
        return call

    def _known(self, key: object, id: str, name: str) -> _Call | None:
        if id:
            for call in self._calls:
                if call.id == id:
                    return call
        for call in reversed(self._calls):
            if key is None or call.key == key:
                if id and (call.id or (name and call.name)):
                    return None  # another id is another call
                return None if name and not id and call.name and self._is_another(call, name) else call
        return None

    def _is_another(self, call: _Call, name: str) -> bool:
        """True if a name without an id begins another call. Some providers repeat the name with every piece."""
        if name != call.name:
            return True
        try:
            return isinstance(parse_json("".join(call.arguments)), Mapping)
        except ValueError:
            return False

    def _announce(self, call: _Call) -> dict[str, Any]:
        call.is_announced = True
        piece, call.unsent = call.unsent, ""
        return {"index": call.index, "id": call.id or f"call_{call.index}", "name": call.name, "arguments": piece}

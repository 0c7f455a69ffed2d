"""The tokens of a run in which several messages were made, each counted once."""

from collections.abc import Mapping
from typing import Any

_INPUT = "input_tokens"


class RunUsage:
    """Adds up what LangChain counts per message."""

    def __init__(self) -> None:
        self._of_messages: dict[Any, Mapping[str, Any]] = {}

    def add(self, id: object, usage: Mapping[str, Any]) -> Mapping[str, Any]:
        """The usage of the run so far. usage: what a chunk of the message with this id has.

        Most providers count once per message, some count in pieces, and some repeat the count so far in every chunk.
        A chunk that has the prompt's tokens again repeats; a chunk without them is a piece.
        """
        known = self._of_messages.get(id)
        if known and not _repeats(known, usage):
            usage = _sum(known, usage)
        self._of_messages[id] = usage
        first, *others = self._of_messages.values()
        total: Mapping[str, Any] = first
        for other in others:
            total = _sum(total, other)
        return total


def _repeats(known: Mapping[str, Any], usage: Mapping[str, Any]) -> bool:
    prompt = usage.get(_INPUT)
    return isinstance(prompt, int) and 0 < (known.get(_INPUT) or 0) <= prompt


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of both, number by number, also in the details."""
    total = dict(one)
    for name, value in other.items():
        count = total.get(name)
        if isinstance(count, Mapping) and isinstance(value, Mapping):
            total[name] = _sum(count, value)
        elif isinstance(count, int | float) and isinstance(value, int | float):
            total[name] = count + value
        else:
            total[name] = count if value is None else value
    return total

"""Text that is no part of an answer, kept in case the answer has no other."""

from dataclasses import dataclass, field

from faas_stream.sources.delta import Delta
from faas_stream.sources.values import whole


@dataclass(slots=True)
class _Message:
    pieces: list[str] = field(default_factory=list)
    finish_reason: str | None = None


class WithheldText:
    """The texts of a run's messages that were not sent. The pieces of several messages may be mixed."""

    def __init__(self) -> None:
        self._messages: dict[object, _Message] = {}  # in the order in which they began

    def add(self, key: object, delta: Delta) -> None:
        """Keeps the text and the finish reason of a message's delta. Text after a finish reason begins a message."""
        message = self._messages.get(key)
        if message is None or (message.finish_reason and delta.text):
            self._messages.pop(key, None)
            message = self._messages[key] = _Message()
        message.pieces.append(delta.text)
        message.finish_reason = delta.finish_reason or message.finish_reason

    def replace(self, text: str) -> None:
        """Keeps this text, which is a whole answer, in place of all before it."""
        self._messages = {"": _Message([text])}

    def last(self) -> Delta | None:
        """The text of the last message that has some, None if none has."""
        for message in reversed(self._messages.values()):
            if text := whole("".join(message.pieces)):
                return Delta(text=text, finish_reason=message.finish_reason, by_agent=True)
        return None

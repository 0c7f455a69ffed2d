"""Output in lines that the watchdog can read, and that the text of a request cannot forge."""

import logging
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, TextIO

# 16,000 characters are at most 64,000 bytes; of-watchdog stops reading a pipe for good at 65,536 without a break (T10).
MAX_LINE_CHARS = 16_000


_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Terminals obey them, and some log viewers begin a line at them. Line break and tab are not among them."""


def quoted(text: str) -> str:
    """Text that can have come from a request, without characters that begin a log line or that a terminal obeys.

    Its lines after the first are indented, so that none of them looks like a line of its own.
    """
    return _CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text).replace("\n", "\n    ")


class QuotedMessages(logging.Filter):
    """For the logger of a package whose messages have paths of requests in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = quoted(record.getMessage()), ()
        return True


class BoundedLines:
    """A text stream that breaks lines longer than MAX_LINE_CHARS, and is otherwise the stream it wraps."""

    def __init__(self, stream: TextIO, lock: AbstractContextManager[Any]) -> None:
        self._stream, self._lock = stream, lock
        self._room = MAX_LINE_CHARS

    def write(self, text: str) -> int:
        """Writes the text at once. A line may be written in several calls: its length counts over all of them."""
        with self._lock:
            self._stream.write(self._broken(text))
            self._stream.flush()
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def line(self, text: str) -> None:
        """Writes a line of its own, even if another thread is in the middle of a line, and flushes it."""
        with self._lock:
            start = "" if self._room == MAX_LINE_CHARS else "\n"
            self._room = MAX_LINE_CHARS
            self._stream.write(f"{start}{text}\n")
            self._stream.flush()

    def _broken(self, text: str) -> str:
        pieces = []
        for part in text.splitlines(keepends=True):
            at = 0
            while len(part) - at > self._room:
                pieces.append(part[at : at + self._room] + "\n")
                at, self._room = at + self._room, MAX_LINE_CHARS
            pieces.append(part[at:])
            self._room = MAX_LINE_CHARS if part.endswith("\n") else self._room - (len(part) - at)
        return "".join(pieces)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

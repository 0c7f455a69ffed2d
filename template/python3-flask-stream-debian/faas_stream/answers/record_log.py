"""Where records are written: as lines of the log, and fewer lines for requests that are refused."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue

from faas_stream.answers.record import Record
from faas_stream.log_lines import BoundedLines
from faas_stream.tracebacks import print_error
from faas_stream.version import VERSION

INTERVAL_S = 5.0


class RecordLog:
    """Writes records in a thread of its own, in their order, so that a full pipe stops nothing."""

    def __init__(self, stdout: BoundedLines) -> None:
        self._stdout = stdout
        self._records: SimpleQueue[Record] = SimpleQueue()
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def write(self, record: Record) -> None:
        """Never blocks."""
        self._records.put(record)

    @property
    def is_empty(self) -> bool:
        return self._records.empty()

    def _write_all(self) -> None:
        while True:
            try:
                self._stdout.line(self._records.get().line(VERSION))
            except Exception as error:  # the records that follow must be written
                print_error(error)


class RefusalLog:
    """The records of requests that are refused before their sender is known.

    At most one record per outcome and INTERVAL_S, however many requests come.

    The first refusal has its record at once. Those of the interval that follows share one at its end, which says how
    many they are. What is kept is one record and one count per outcome.
    """

    def __init__(self, emit: Callable[[Record], None], loop: asyncio.AbstractEventLoop) -> None:
        self._emit, self._loop = emit, loop
        self._lock = threading.Lock()
        self._shared: dict[str, Record | None] = {}
        """By outcome, while its interval lasts: the last record of those without a line, None if there is none."""

    def add(self, record: Record) -> None:
        """Never blocks. May be called from any thread."""
        outcome = record.outcome
        with self._lock:
            is_first = outcome not in self._shared
            before = self._shared.get(outcome)
            self._shared[outcome] = (
                None if is_first else replace(record, requests=1 + (before.requests if before else 0))
            )
        if is_first:
            self._emit(record)
            self._loop.call_soon_threadsafe(self._wait, outcome)

    def _wait(self, outcome: str) -> None:
        self._loop.call_later(INTERVAL_S, self._end_interval, outcome)

    def _end_interval(self, outcome: str) -> None:
        with self._lock:
            record = self._shared.pop(outcome)
            if record:
                self._shared[outcome] = None
        if record:
            self._emit(record)
            self._wait(outcome)

"""What all answers of this process share: settings, capacity, the drain, and where their records go."""

import asyncio
import gc
from collections.abc import Callable, Iterable
from math import inf

from faas_stream.answers.capacity import AdmissionGate, Places
from faas_stream.answers.record import Record
from faas_stream.answers.reply import FailedError
from faas_stream.errors import FAILURES
from faas_stream.settings import Settings

CHECK_INTERVAL_S = 0.5
"""How often the limits of each answer are checked, and so the longest time until a client's disconnect is noticed."""

COLLECT_AFTER_S = 0.25
MAX_NOTES = 50


class Answers:
    """Belongs to the event loop's thread, except for what says otherwise.

    loop: runs in a thread of its own. emit: takes each record, and must not block.

    records_text: every record has text and tool calls, not only those for `on_end`.
    """

    def __init__(
        self, settings: Settings, loop: asyncio.AbstractEventLoop, emit: Callable[[Record], None],
        *, records_text: bool = False,
    ) -> None:  # fmt: skip
        self.settings, self.loop, self.emit, self.records_text = settings, loop, emit, records_text
        self.places = Places(settings.max_streams)
        self.drain_at = inf
        """When every open answer is ended, in the loop's time."""
        durations = (
            settings.heartbeat_interval, settings.commit_after, settings.upstream_idle_timeout,
            settings.write_stall_timeout,
        )  # fmt: skip
        # Limits shorter than a second are checked more often.
        shortest = min(duration for duration in durations if duration > 0)
        self.check_interval_s = min(CHECK_INTERVAL_S, max(0.02, shortest / 2))
        self._gate = AdmissionGate()
        self._load_ended = asyncio.Event()
        self._load_failed = False
        self._open = 0
        self._will_collect = False
        self._notes: set[str] = set()

    async def turn(self) -> None:
        """Returns when a handler may start: it is loaded, and the event loop keeps up. Raises FailedError."""
        await self._load_ended.wait()
        if self._load_failed:
            raise FailedError(FAILURES["internal_error"])
        await self._gate.turn()

    def count_open(self, change: int) -> None:
        """An answer's coroutine begins (1) or ends (-1)."""
        self._open += change

    def collect_garbage_soon(self) -> None:
        """Finds the SDK streams that a closed generator has dropped, once for all that end meanwhile.

        `async for chunk in stream` does not close the stream when the generator around it is closed. The SDK's streams
        are in reference cycles, so that upstream's connection would stay open until the next collection.
        """
        if not self._will_collect:
            self._will_collect = True
            self.loop.call_later(COLLECT_AFTER_S, self._collect_garbage)

    def _collect_garbage(self) -> None:
        self._will_collect = False
        gc.collect()

    def log_once(self, notes: Iterable[str]) -> None:
        """Logs each note once, and at most MAX_NOTES of them, because upstream's words are part of some."""
        for note in notes:
            if note not in self._notes and len(self._notes) < MAX_NOTES:
                self._notes.add(note)
                print(note, flush=True)

    @property
    def is_idle(self) -> bool:
        """True while no answer is open."""
        return self._open == 0

    @property
    def is_draining(self) -> bool:
        return self.drain_at < inf

    def end_load(self, *, failed: bool = False) -> None:
        """The handler can be called from now on, or never. May be called from any thread."""
        self._load_failed = failed
        self.loop.call_soon_threadsafe(self._load_ended.set)

    def drain(self) -> None:
        """From now on every answer has `drain_timeout` left. May be called from any thread."""
        self.drain_at = min(self.drain_at, self.loop.time() + self.settings.drain_timeout)

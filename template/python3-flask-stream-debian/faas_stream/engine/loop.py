"""The event loop that owns every open answer, in a thread of its own."""

import asyncio
import threading
import traceback
from typing import Any

LOOK_S = 0.05
"""How often `report_if_blocked` has to be called."""

BLOCKED_S = 0.25
"""A handler or source that blocks the loop for longer is named in the log."""


class EventLoop:
    """Runs from its creation until the process ends, whatever the author's code raises in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._asked_at: float | None = None
        self._seen: asyncio.Task[Any] | None = None
        self._blocked_by = ""
        self._is_reported = False
        threading.Thread(target=self._run, name="event loop", daemon=True).start()

    def report_if_blocked(self) -> None:
        """Names the task that blocks the loop, once each time. To be called every LOOK_S from another thread."""
        asked_at = self._asked_at
        if asked_at is None:
            self._asked_at, self._seen, self._blocked_by, self._is_reported = self.loop.time(), None, "", False
            self.loop.call_soon_threadsafe(self._respond)
            return
        # A loop that is late because it waits for the GIL has no task, or another one at each look.
        task, seen = asyncio.current_task(self.loop), self._seen
        self._seen = task
        if task is not None and task is seen:
            self._blocked_by = task.get_name()
            self._report(asked_at)

    def _respond(self) -> None:
        if self._blocked_by and self._asked_at is not None:
            self._report(self._asked_at)
        self._asked_at = self._seen = None

    def _report(self, asked_at: float) -> None:
        blocked_s = self.loop.time() - asked_at + LOOK_S  # it may have been blocked for LOOK_S before it was asked
        if blocked_s > BLOCKED_S and not self._is_reported:
            self._is_reported = True
            print(
                f"The event loop is blocked for {blocked_s:.2f} s by {self._blocked_by}, and all answers wait. "
                "Asynchronous code must not block: await asyncio.to_thread(…), or use a plain `def` or "
                "generator.",
                flush=True,
            )

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while True:
            try:
                self.loop.run_forever()
            except BaseException:  # SystemExit in a task that an author started ends run_forever()
                traceback.print_exc()

"""The event loop that owns every open answer, in a thread of its own."""

import asyncio
import threading
import traceback

BEAT_S = 0.1
BLOCKED_S = 0.25
"""A handler or source that blocks the loop for longer is named in the log."""


class EventLoop:
    """Runs from its creation until the process ends, whatever the author's code raises in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._beat_at = self.loop.time()
        self._is_reported = False
        self.loop.call_soon(self._beat)
        threading.Thread(target=self._run, name="event loop", daemon=True).start()

    def report_if_blocked(self) -> None:
        """Names the task that blocks the loop, once each time. To be called regularly from another thread."""
        blocked_s = self.loop.time() - self._beat_at - BEAT_S
        if blocked_s < BLOCKED_S:
            self._is_reported = False
        elif not self._is_reported:
            self._is_reported = True
            task = asyncio.current_task(self.loop)
            name = task.get_name() if task else "a callback"
            print(
                f"The event loop is blocked for {blocked_s:.2f} s by {name}, and all answers wait. "
                "Asynchronous code must not block: await asyncio.to_thread(…), or use a plain `def` or "
                "generator.",
                flush=True,
            )

    def _beat(self) -> None:
        self._beat_at = self.loop.time()
        self.loop.call_later(BEAT_S, self._beat)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while True:
            try:
                self.loop.run_forever()
            except BaseException:  # SystemExit in a task that an author started ends run_forever()
                traceback.print_exc()

"""Which requests the mock got, and how its answers ended.

The threads that answer count them, and other threads read the counts, so one lock guards everything.
"""

import threading
from collections import Counter
from collections.abc import Mapping

_HIDDEN = ("authorization", "api-key", "cookie")


class Calls:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self._last: dict[str, object] | None = None
        self._forget()

    def reset(self) -> None:
        """Forgets everything except the answers that are still open."""
        with self._changed:
            self._forget()
            self._changed.notify_all()

    def called(self, method: str, path: str, headers: Mapping[str, str], body: str) -> None:
        """Counts a request that has arrived."""
        shown = {name.lower(): value for name, value in headers.items() if name.lower() not in _HIDDEN}
        with self._changed:
            self._paths[path] += 1
            self._last = {"method": method, "path": path, "headers": shown, "body": body}
            self._changed.notify_all()

    def opened(self) -> None:
        """Counts an answer that begins."""
        with self._changed:
            self._open += 1
            self._changed.notify_all()

    def sent(self, tokens: int) -> None:
        """Counts tokens that are sent."""
        with self._changed:
            self._tokens += tokens

    def ended(self, *, is_abandoned: bool) -> None:
        """Counts an answer that has ended. is_abandoned: because its client disconnected."""
        with self._changed:
            self._open -= 1
            self._ended["abandoned" if is_abandoned else "finished"] += 1
            self._changed.notify_all()

    def report(self, until: Mapping[str, int], timeout_s: float) -> dict[str, object]:
        """The counts, once `answers` has those of `until`, or after the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: until.items() <= self._answers().items(), timeout_s)
            return {
                "calls": dict(self._paths),
                "answers": self._answers(),
                "tokens_sent": self._tokens,
                "last": self._last,
            }

    def _answers(self) -> dict[str, int]:
        return {"open": self._open, "finished": self._ended["finished"], "abandoned": self._ended["abandoned"]}

    def _forget(self) -> None:
        self._paths: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self._tokens = 0
        self._last = None

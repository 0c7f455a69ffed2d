"""What is due on an answer at a given time. It reads no clock: every moment is handed in, in seconds."""

from dataclasses import dataclass
from math import inf

COMMIT = "commit"
HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations in seconds; inf where there is no limit."""

    heartbeat: float = 15.0
    commit_after: float = 5.0
    idle: float = 60.0
    deadline: float = 29.0
    stall: float = 30.0


class Watch:
    """The moments of one answer that count: when it began, when an item last came, when bytes were last written."""

    __slots__ = ("_limits", "_moved", "_stuck_since", "opened", "waiting_since", "written")

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self.opened = self.waiting_since = self.written = now
        self._stuck_since = inf
        self._moved = 0.0

    def due(self, now: float, drain_at: float) -> str:
        """The code of the failure that is to end the answer now, or HEARTBEAT, or nothing."""
        if now >= self.opened + self._limits.deadline:
            return "deadline_exceeded"
        if now >= drain_at:
            return "shutting_down"
        if now >= self.waiting_since + self._limits.idle:
            return "upstream_timeout"
        return HEARTBEAT if now >= self.written + self._limits.heartbeat else ""

    def quiet_until(self, drain_at: float) -> float:
        """The earliest moment at which anything but a commit can be due."""
        limits = self._limits
        return min(
            self.opened + limits.deadline, drain_at, self.waiting_since + limits.idle, self.written + limits.heartbeat
        )

    def commit_is_due(self, now: float) -> bool:
        """True once the answer's status has been held back long enough."""
        return now >= self.opened + self._limits.commit_after

    def is_stuck(self, now: float, unsent: int, moved: float) -> bool:
        """True once the reader has taken none of the `unsent` bytes for too long. moved: changes when it takes some."""
        if not unsent:
            self._stuck_since = inf
        elif moved != self._moved or self._stuck_since == inf:
            self._moved, self._stuck_since = moved, now
        return now >= self._stuck_since + self._limits.stall

"""Padding for clients whose Accept header makes the hops buffer (T1, T2): a live stream at the cost of bytes.

A hop that buffers passes on what no longer fits its buffer. So each flush is followed by a comment as large as the
buffers on the way, and there are few flushes per second.
"""

FLUSH_INTERVAL_S = 0.075
"""The shortest time between two flushes; deltas that arrive in between share the next one."""

PADDING_BYTES = 8 * 1024
"""of-watchdog's plain path and each proxy after it hold back up to 4 KiB of what they have read."""

MAX_HELD_BYTES = 64 * 1024
"""More is not held back: it fills the buffers on the way by itself, and a fast upstream would fill the memory."""

_COMMENT = b":" + b" " * (PADDING_BYTES - 2) + b"\n"


class Padding:
    """Holds pieces back for a moment, and returns them with padding."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self._flushed_at = float("-inf")

    def add(self, piece: bytes, now: float) -> bytes:
        """What must be written after this piece has arrived; b"" if nothing."""
        if piece:
            self._held.append(piece)
            self._size += len(piece)
        return self.release() if self._size > MAX_HELD_BYTES else self.due(now)

    def due(self, now: float) -> bytes:
        """What must be written by now; b"" before a line is complete, because a comment within a line would be text."""
        if not self._held or now < self._flushed_at + FLUSH_INTERVAL_S or not self._held[-1].endswith(b"\n"):
            return b""
        self._flushed_at = now
        return self.release() + _COMMENT

    def wait_s(self, now: float) -> float | None:
        """Seconds until what is held should be written; None if nothing is held, or a line is not complete yet."""
        if not self._held or not self._held[-1].endswith(b"\n"):
            return None
        return max(0.0, self._flushed_at + FLUSH_INTERVAL_S - now)

    def release(self) -> bytes:
        """Everything that is held, without padding, which the end of the answer does not need."""
        pieces, self._held, self._size = b"".join(self._held), [], 0
        return pieces

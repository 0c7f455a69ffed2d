"""Padding for readers whose Accept header makes the hops buffer (T1, T2): a live stream at the cost of bytes.

A hop that buffers passes on what no longer fits its buffer. So each flush is followed by a comment as large as the
buffers on the way, and flushes are rare enough to bear it.
"""

FLUSH_INTERVAL_S = 0.075
"""At the least between two flushes; deltas that come meanwhile share the next one."""

PADDING_BYTES = 8 * 1024
"""of-watchdog's plain path and each proxy behind it hold back up to 4 KiB of what they have read."""

_COMMENT = b":" + b" " * (PADDING_BYTES - 2) + b"\n"


class Padding:
    """Holds pieces back for a moment, and gives them out padded."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._flushed_at = float("-inf")

    def add(self, piece: bytes, now: float) -> bytes:
        """What is to be written now that this piece has come; maybe nothing."""
        if piece:
            self._held.append(piece)
        return self.due(now)

    def due(self, now: float) -> bytes:
        """What is to be written by now, in whole lines, for a comment in the middle of one would be text."""
        if not self._held or now < self._flushed_at + FLUSH_INTERVAL_S or not self._held[-1].endswith(b"\n"):
            return b""
        self._flushed_at = now
        return self.rest() + _COMMENT

    def rest(self) -> bytes:
        """All that is held, without padding: the end of the answer flushes by itself."""
        held, self._held = b"".join(self._held), []
        return held

"""A request's connection, for the lifecycle: `connection.Connection` on a channel of the server's.

Task and channel are waitress's, with what index.py adds to them.
"""

from collections.abc import Iterable
from typing import Any

from faas_stream.connection import Work


class Reader:
    def __init__(self, task: Any) -> None:
        self._task, self._channel = task, task.channel

    def gone(self) -> bool:
        return not self._channel.connected

    def unsent(self) -> tuple[int, float]:
        return self._channel.total_outbufs_len, self._channel.last_activity

    def is_full(self) -> bool:
        return bool(self._channel.is_full())

    def wait_for_room(self) -> None:
        self._channel._flush_outbufs_below_high_watermark()

    def finish(self) -> None:
        self._task.finish_at_once()

    def abort(self) -> None:
        channel = self._channel
        with channel.outbuf_lock:
            channel.connected = False
            channel.will_close = True
            channel.outbuf_lock.notify_all()  # a writer that waits for room
        channel.has_changed()

    def carry_out(self, work: Work) -> Iterable[bytes]:
        done: Iterable[bytes] = self._task.errand.carry_out(work)
        return done

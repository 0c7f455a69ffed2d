"""One request and its answer, between the thread that produces it and the one that watches.

The function's thread runs the handler, reads the source and writes each piece, and leaves as long as the pump can; the
watcher's thread calls `tick`, which fills silence, notices departures and ends what has to end. Lock, clock and who
works on it are handed in. Every write happens under the lock, so that frames never interleave.
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from faas_stream.connection import Connection
from faas_stream.errors import FAILURES, Failure, failure
from faas_stream.flow import Flow
from faas_stream.interrupt import Interrupted
from faas_stream.pump import Parked
from faas_stream.reply import Beginning, Head, Outgoing, Reply, StartResponse
from faas_stream.watch import HEARTBEAT, Watch
from faas_stream.worker import Worker

WRITE_GRACE_S = 0.5
"""How far a write may run over its answer's end before it is broken off."""


class Lock(AbstractContextManager[Any], Protocol):
    """What `threading.Lock` offers."""

    def acquire(self, blocking: bool = True) -> bool: ...
    def release(self) -> None: ...


class Exchange:
    """early: makes what to send while the handler has not returned yet, where that is known before.

    Of the methods, `tick` is the watcher's; all others are the function's thread's. outcome: "" while it is open.
    """

    def __init__(
        self, *, connection: Connection, start_response: StartResponse, watch: Watch, lock: Lock,
        clock: Callable[[], float], worker: Worker, report: Callable[["Exchange"], None],
        early: Callable[[], Beginning | None] | None = None,
    ) -> None:  # fmt: skip
        self._connection, self._watch, self._worker = connection, watch, worker
        self._reply = Reply(start_response, clock, early)
        self._lock, self._clock, self._report = lock, clock, report
        self._closed = self._reported = self._is_cut = False
        self._quiet_until = 0.0
        self.opened = watch.opened
        self.outcome = ""
        self.first_item_at: float | None = None

    @property
    def status(self) -> int:
        """The HTTP status sent; 0 before that."""
        return self._reply.status

    @property
    def answer(self) -> Outgoing | None:
        return self._reply.answer

    @property
    def is_reported(self) -> bool:
        """True once the answer is over, though its thread may not be."""
        return self._reported or self._closed

    @property
    def is_ended(self) -> bool:
        """True once the watcher has ended the answer, and what the function still does is in vain."""
        return bool(self.outcome)

    def claim(self) -> bool:
        """True if nothing was sent yet, and nothing will be before `send`. Raises Interrupted if ended."""
        with self._lock:
            self._check()
            return self._reply.claim()

    def release(self, status: int, outcome: str = "") -> None:
        """Leaves a claimed answer to the server's own means. Raises Interrupted if ended."""
        with self._lock:
            self._check()
            self._reply.status, self.outcome, self._closed = status, outcome, True

    def send(self, head: Head, answer: Outgoing) -> Iterator[Parked]:
        """Sends the answer to its end, or to the failure that cuts it short, and closes it.

        Yields whenever no thread is needed for a while; to be gone on with, by any thread, once what it yields says so.
        """
        try:
            with self._lock:
                self._reply.answer = answer
                if not self._reply.has_begun:
                    self._reply.head = head
                self._check()
            flow = Flow(
                answer, self._pass_on,
                connection=self._connection, wait_for_room=self._wait_for_room, may_pause=self._worker.may_leave,
            )  # fmt: skip
            for readable in flow.run():
                with self._lock:
                    parked = self._worker.leave(readable, flow.step)
                yield parked
                with self._lock:
                    self._worker.come_back()
            with self._lock:
                self._check()
                self._write(b"", is_last=True)
                self._connection.wait_for_room()  # here, where it is watched, and not behind the end
                self._end("complete")
        except Interrupted:
            pass  # the reader was told by whoever ended the answer
        except BaseException as error:  # SystemExit too: it would end no more than this thread, without a word
            self.fail(failure(error), error)
        finally:
            _close(answer)

    def fail(self, found: Failure, error: BaseException | None = None) -> None:
        """Tells the reader of a failure: by status where nothing was sent, else by the format's error frame."""
        if error is not None and found.code == "internal_error":
            traceback.print_exception(error)
        with self._lock:
            if not self.outcome:
                self._tell(found)

    def close(self) -> None:
        """Ends the watch."""
        with self._lock:
            self._closed = True
            self._report_once()

    def tick(self, now: float, drain_at: float) -> None:
        """Does what is due. Never blocks: a thread that is just writing holds the lock, and is left to it."""
        unsent, moved = self._connection.unsent()
        if now < self._quiet_until and not unsent and not self._connection.gone() and drain_at >= self._quiet_until:
            return  # most looks at most answers end here
        stuck = self._watch.is_stuck(now, unsent, moved)
        if not self._lock.acquire(blocking=False):
            self._look_at_writer(now, drain_at, stuck)
            return
        try:
            if not self._closed:
                self._tick(now, drain_at, stuck)
        except Interrupted:
            pass  # the reader has left just before a heartbeat: the thread will see it, and this one must not end of it
        finally:
            self._lock.release()

    def _look_at_writer(self, now: float, drain_at: float, stuck: bool) -> None:
        """Frees a thread whose write blocks for too long. Its reader cannot be told: no frame would get through."""
        overdue = self._watch.due(now - WRITE_GRACE_S, drain_at)
        if stuck or overdue in ("deadline_exceeded", "shutting_down"):
            self.outcome = self.outcome or ("write_stalled" if stuck else overdue)
            self._connection.abort()

    def _tick(self, now: float, drain_at: float, stuck: bool) -> None:
        if not self.outcome:
            try:
                self._look(now, drain_at, stuck)
            finally:
                if self.outcome:
                    # Not left to the thread, which may not come back before the watchdog cuts.
                    self._is_cut = True
                    self._connection.finish()
                    self._report_once()
        if self._is_cut:
            self._worker.wake()
        elif self._reply.has_begun and not self._reply.is_padded:
            self._quiet_until = self._watch.quiet_until(drain_at)

    def _look(self, now: float, drain_at: float, stuck: bool) -> None:
        if self._connection.gone():
            return self._end("reader_left")
        if stuck:
            self._end("write_stalled")
            return self._connection.abort()
        due = self._watch.due(now, drain_at)
        if due and due != HEARTBEAT:
            return self._tell(FAILURES[due])
        if self._connection.unsent()[0]:
            return None  # bytes on their way are sign of life enough
        if self._reply.has_begun:
            if (heartbeat := self._reply.heartbeat) is not None:
                # Without a heartbeat's turn: what padding holds back.
                self._write(heartbeat if due == HEARTBEAT else b"")
        elif self._watch.commit_is_due(now) and (opening := self._reply.opening()):
            self._write(opening)
        return None

    def _wait_for_room(self) -> None:
        with self._lock:
            self._check()
            self._connection.wait_for_room()

    def _pass_on(self, piece: bytes) -> None:
        with self._lock:
            self._check()
            now = self._clock()
            if piece and self.first_item_at is None:
                self.first_item_at = now
            if not self._reply.has_begun and not piece:
                piece = self._reply.heartbeat or b""
            if piece:
                self._write(piece)
                now = self._clock()  # a slow reader's time is not upstream's
            self._watch.waiting_since = now

    def _check(self) -> None:
        if self.outcome:
            raise Interrupted

    def _write(self, piece: bytes, *, is_last: bool = False) -> None:
        try:
            if self._reply.send(piece, is_last=is_last):
                self._watch.written = self._clock()
        except Exception as error:
            if not isinstance(error, OSError) and not self._connection.gone():
                traceback.print_exception(error)  # a header that cannot be sent
                self._tell(FAILURES["internal_error"])
            self._end("reader_left")
            raise Interrupted from error

    def _tell(self, found: Failure) -> None:
        """Sends word of the failure, as far as the reader can still be told, and ends the answer."""
        try:
            is_full = self._reply.has_begun and self._connection.is_full()
            words = self._reply.words_for(found)
            if words and not is_full:
                self._write(words, is_last=True)
            else:
                self._connection.abort()  # a visible break, where the answer has no words for its failure
        except Interrupted:
            return
        self._end(found.code)

    def _end(self, outcome: str) -> None:
        self.outcome = self.outcome or outcome

    def _report_once(self) -> None:
        if not self._reported:
            self._reported = True
            self._report(self)


def _close(answer: Outgoing) -> None:
    try:
        answer.close()
    except Exception as error:
        traceback.print_exception(error)

"""One request and its answer, between the thread that produces it and the one that watches.

The function's thread runs the handler, reads the source and writes each piece; the watcher's thread calls `tick`, which
fills silence, notices departures and ends what has to end. Lock, clock and the means to wake a thread are handed in.
Every write happens under the lock, so that frames never interleave.
"""

import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from itertools import chain
from math import inf
from typing import Any, NamedTuple, Protocol

from faas_stream.connection import Connection
from faas_stream.errors import FAILURES, Failure, failure
from faas_stream.interrupt import Interrupted
from faas_stream.padding import Padding
from faas_stream.watch import HEARTBEAT, Watch

SLICE_BYTES = 64 * 1024
"""The most that is written at once: a single write never blocks, however large, and what it leaves is memory."""

WRITE_GRACE_S = 0.5
"""How far a write may run over its answer's end before it is broken off."""

Park = Callable[[Any, Callable[[], bool]], None]

StartResponse = Callable[[str, list[tuple[str, str]]], Callable[[bytes], object]]


class Lock(AbstractContextManager[Any], Protocol):
    """What `threading.Lock` offers."""

    def acquire(self, blocking: bool = True) -> bool: ...
    def release(self) -> None: ...


class Outgoing(Protocol):
    """What is sent: iterate for its pieces.

    heartbeat: what fills silence, None where nothing can. opening: what begins the answer when its first item is late.
    padding: for a reader whom the hops would buffer.
    """

    finish_reason: str | None
    usage: Mapping[str, Any] | None
    events: int
    padding: Padding | None

    def pause(self) -> None: ...
    @property
    def readable(self) -> Any: ...
    @property
    def heartbeat(self) -> bytes | None: ...
    @property
    def opening(self) -> bytes: ...
    def __iter__(self) -> Iterator[bytes | None]: ...
    def error(self, code: str, message: str) -> bytes: ...
    def close(self) -> None: ...


class Head(NamedTuple):
    """Status line and headers of an answer."""

    status: str
    headers: list[tuple[str, str]]


class Exchange:
    """head, answer: what to send while the handler has not returned yet, where that is known before.

    Of the methods, `tick` is the watcher's; all others are the function's thread's. outcome: "" while it is open.
    """

    def __init__(
        self, *, connection: Connection, start_response: StartResponse, watch: Watch, lock: Lock,
        clock: Callable[[], float], wake: Callable[[], bool], report: Callable[["Exchange"], None],
        early: tuple[Head, Outgoing] | None = None, park: Park | None = None,
    ) -> None:  # fmt: skip
        self._park = park
        self._pieces: Iterator[bytes | None] = iter(())
        self._held: list[bytes] = []  # the piece that the pump has left to the answer's own thread
        self._error: BaseException | None = None
        self._connection, self._start_response, self._watch = connection, start_response, watch
        self._lock, self._clock, self._wake, self._report = lock, clock, wake, report
        self._head: Head | None = early[0] if early else None
        self._answer: Outgoing | None = early[1] if early else None
        self._write: Callable[[bytes], object] | None = None
        self._closed = self._reported = self._is_cut = False
        self._quiet_until = 0.0
        self.opened = watch.opened
        self.outcome = ""
        self.status = 0
        self.first_item_at: float | None = None

    @property
    def answer(self) -> Outgoing | None:
        return self._answer

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
            if self._write is None:
                self._head = self._answer = None
            return self._write is None

    def release(self, status: int, outcome: str = "") -> None:
        """Leaves a claimed answer to the server's own means. Raises Interrupted if ended."""
        with self._lock:
            self._check()
            self.status, self.outcome, self._closed = status, outcome, True

    def send(self, head: Head, answer: Outgoing) -> None:
        """Sends the answer to its end, or to the failure that cuts it short, and closes it."""
        try:
            with self._lock:
                self._answer = answer
                self._head = self._head if self._write else head
                self._check()
            self._send_pieces(answer)
            with self._lock:
                self._check()
                self._commit_with(b"", is_last=True)
                self._connection.wait_for_room()  # here, where it is watched, and not behind the end
                self._end("complete")
        except Interrupted:
            pass  # the reader was told by whoever ended the answer
        except BaseException as error:  # SystemExit too: it would end no more than this thread, without a word
            self.fail(failure(error), error)
        finally:
            _close(answer)

    def _send_pieces(self, answer: Outgoing) -> None:
        # Padding joins pieces, to more than may be written without a wait.
        if self._park is not None and answer.padding is None:
            answer.pause()
        self._pieces = iter(answer)
        while not self._go_on():
            with self._lock:
                self._check()
                self._connection.wait_for_room()
            if self._park is not None:
                self._park(answer.readable, self._step)
            if self._error:
                raise self._error

    def _step(self) -> bool:
        """Goes on with the answer in the pump's thread. False where its own has to: it may block, and clears up."""
        try:
            return not self._connection.is_full() and not self._go_on(SLICE_BYTES) and not self._held
        except BaseException as error:
            self._error = error
            return False

    def _go_on(self, most: float = inf) -> bool:
        """Passes on what there is. False if more is to come, True at the end. most: bytes; a larger piece is held."""
        for piece in chain(self._held, self._pieces):
            if piece is None:
                return False
            if len(piece) > most:
                self._held = [piece]
                return False
            self._held = []
            self._pass_on(piece)
        return True

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
            self._wake()
        elif self._write is not None and self._answer is not None and self._answer.padding is None:
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
        if self._answer is None or self._answer.heartbeat is None or self._connection.unsent()[0]:
            return None  # bytes on their way are sign of life enough
        if self._write is not None:
            # Without a heartbeat's turn: what padding holds back.
            self._commit_with(self._answer.heartbeat if due == HEARTBEAT else b"")
        elif self._watch.commit_is_due(now):
            self._commit_with(self._answer.opening)
        return None

    def _pass_on(self, piece: bytes) -> None:
        with self._lock:
            self._check()
            now = self._clock()
            if piece and self.first_item_at is None:
                self.first_item_at = now
            if self._write is None and not piece:
                piece = (self._answer and self._answer.heartbeat) or b""
            if piece:
                self._commit_with(piece)
                now = self._clock()  # a slow reader's time is not upstream's
            self._watch.waiting_since = now

    def _check(self) -> None:
        if self.outcome:
            raise Interrupted

    def _commit_with(self, piece: bytes, *, is_last: bool = False) -> None:
        try:
            if self._answer is not None and (padding := self._answer.padding) is not None:
                piece = padding.rest() + piece if is_last else padding.add(piece, self._clock())
            if self._write is None and self._head is not None:
                self.status = int(self._head.status[:3])
                self._write = self._start_response(self._head.status, self._head.headers)
            if self._write is not None and piece:
                for start in range(0, len(piece), SLICE_BYTES):
                    self._write(piece[start : start + SLICE_BYTES])
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
            if self._write is None:
                self._head, body = _failure_page(found)
                self._commit_with(body)
            else:
                frame = self._answer.error(found.code, found.message) if self._answer else b""
                if frame and not self._connection.is_full():
                    self._commit_with(frame, is_last=True)
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


def _failure_page(found: Failure) -> tuple[Head, bytes]:
    body = json.dumps(found.body()).encode() + b"\n"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *found.headers.items()]
    return Head(f"{found.status} {HTTPStatus(found.status).phrase}", headers), body


def _close(answer: Outgoing) -> None:
    try:
        answer.close()
    except Exception as error:
        traceback.print_exception(error)

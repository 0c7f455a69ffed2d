"""Threads that take one job after another, so that not every job needs a new one.

Lock, clock, sleep and the start of a thread are handed in.
"""

from collections.abc import Callable
from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from typing import Any

Job = Callable[[], object]

IDLE_S = 0.25
"""How long a thread waits for another job before it ends: its start took 0.1 ms, and it holds some memory."""

FEW = 2
"""As many jobs at a time need not be waited for."""

NAP_S = 0.0002
LATE_S = 0.0002
MOST_S = 0.03
"""Naps of NAP_S, until one ends less than LATE_S later than the best so far, or MOST_S are over: there may be no better
time. The server's loop, which naps, has nothing to do then that cannot wait for so long."""


class Crew:
    """What waitress knows as its dispatcher. start: runs a job in a new thread. lock: a `threading.Lock`.

    A pool of fixed size makes readers wait in a queue that nobody sees; this one has as many threads as there are jobs
    at a time, and `max_streams` is the limit.
    """

    def __init__(
        self, start: Callable[[Job], object], lock: Any, *, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        self._start, self._lock, self._clock, self._sleep = start, lock, clock, sleep
        self._idle: list[SimpleQueue[Job]] = []  # what each idle thread waits for; the last one is the next to work
        self._left: list[Job] = []  # for which no thread could be started
        self._at_work = 0
        self._least_late = inf  # of all naps: what the machine's clock is late by itself

    def do(self, job: Job) -> None:
        """Has the job done: at once, or by the next thread that is free, if no more can be started. From any thread."""
        with self._lock:
            self._at_work += 1
            thread = self._idle.pop() if self._idle else None
        if thread is not None:
            thread.put(job)
            return
        try:
            self._start(partial(self._work, job))
        except (RuntimeError, MemoryError):
            with self._lock:
                self._left.append(job)

    def add_task(self, channel: Any) -> None:
        """Has a request answered, and returns when another one may begin: when the interpreter has time for it.

        Of many jobs that begin together each gets on as slowly as all of them, and what else there is to do does too.
        Those that wait for an upstream keep nobody from beginning.
        """
        self.do(channel.service)
        before = begun = self._clock()
        while self._at_work > FEW and before < begun + MOST_S:
            self._sleep(NAP_S)
            now = self._clock()
            late = now - before - NAP_S
            self._least_late = min(self._least_late, late)
            if late < self._least_late + LATE_S:
                return
            before = now

    def shutdown(self) -> None:
        """waitress asks for it when its loop is interrupted; nothing is left to stop, for idle threads end."""

    def _work(self, job: Job) -> None:
        jobs: SimpleQueue[Job] = SimpleQueue()
        while True:
            try:
                job()
            finally:  # an error ends the thread, and is told by it
                del job  # an idle thread keeps nothing alive
                with self._lock:
                    self._at_work -= 1
            with self._lock:
                if self._left:
                    jobs.put(self._left.pop(0))
                else:
                    self._idle.append(jobs)
            try:
                job = jobs.get(timeout=IDLE_S)
            except Empty:
                with self._lock:
                    if jobs in self._idle:
                        self._idle.remove(jobs)
                        return
                job = jobs.get()  # it came at the last moment

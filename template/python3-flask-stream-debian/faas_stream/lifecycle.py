"""Threads and signals: the open answers of this process, the thread that watches them, and the way it ends.

Threads: the main one loads the handler, then waits for signals; one runs the server's loop; one, the watcher, calls
`tick`; each answer has one of the server's for its handler, its source and its writes, but for as long as the pump, one
for all of them, sees to these last two: where a source can tell when there is something to read.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from math import inf
from typing import Any, Protocol

from faas_stream import record
from faas_stream.connection import Connection
from faas_stream.errors import FAILURES, Failure
from faas_stream.exchange import Exchange
from faas_stream.ids import new_id
from faas_stream.pump import Pump
from faas_stream.reply import Beginning, StartResponse
from faas_stream.settings import Settings
from faas_stream.watch import Limits, Watch
from faas_stream.worker import Worker

TICK_S = 0.1
"""How often each open answer is looked at: the grain of all limits, and what a departure takes to be noticed."""


_PARENT = os.getppid()  # as early as can be: a watchdog that cannot start leaves its child within milliseconds

SAME_STOP_S = 1.0
"""How far apart two SIGTERMs of one stop may arrive behind the watchdog."""

EXIT_GRACE_S = 2.0
"""How long the interpreter's own end may take, which waits for every thread of the handler's that is no daemon."""


class AtCapacityError(Exception):
    """As many answers are open as may be."""


class Server(Protocol):
    """What the process needs of its server, from other threads than the server's own."""

    def run(self) -> None: ...
    def stop_accepting(self) -> None: ...
    def is_idle(self) -> bool:
        """True while every answer has been taken by the kernel."""


class Lifecycle:
    """The open answers. clock: seconds, monotonic. emit: takes a log line; must not block for long."""

    def __init__(
        self, limits: Limits, *, max_streams: int, drain_timeout: float, function: str = "",
        clock: Callable[[], float] = time.monotonic, emit: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self._limits, self._max_streams, self._drain_timeout = limits, max_streams, drain_timeout
        self._function, self._clock, self._emit = function, clock, emit or _print
        self._open: set[Exchange] = set()  # all that have a thread at work
        self._streams: set[Exchange] = set()  # those of them that count as open streams
        self._guard = threading.Lock()
        self._drain_at = inf
        self.loaded = threading.Event()
        self._pump: Pump | None = None

    @classmethod
    def of(cls, settings: Settings, **options: Any) -> "Lifecycle":
        """The lifecycle that the settings describe; a duration of 0 is no limit."""
        limits = Limits(
            heartbeat=settings.heartbeat_interval or inf,
            commit_after=settings.commit_after,
            idle=settings.upstream_idle_timeout or inf,
            deadline=settings.deadline,
            stall=settings.write_stall_timeout or inf,
        )
        return cls(
            limits,
            max_streams=settings.max_streams,
            drain_timeout=settings.drain_timeout,
            function=settings.function_name,
            **options,
        )

    def open(
        self, connection: Connection, start_response: StartResponse, *, call_id: str = "", is_short: bool = False,
        early: Callable[[], Beginning | None] | None = None,
    ) -> Exchange:  # fmt: skip
        """A new exchange, worked on by the calling thread and watched until `close`.

        is_short: it surely is no stream, and is let in at capacity too. Raises AtCapacityError.
        """
        call_id = call_id or new_id()
        exchange = Exchange(
            connection=connection, start_response=start_response, watch=Watch(self._limits, self._clock()),
            lock=threading.Lock(), clock=self._clock, early=early,
            worker=Worker(self._pump, threading.get_ident),
            report=lambda exchange: self._report(exchange, call_id),
        )  # fmt: skip
        with self._guard:
            self._open.add(exchange)
        if is_short or self.admit(exchange):
            return exchange
        exchange.release(429, "at_capacity")
        self.close(exchange)
        raise AtCapacityError

    def admit(self, exchange: Exchange) -> bool:
        """True if the exchange counts as an open stream from now on, or did before; False at capacity."""
        with self._guard:
            if exchange.is_ended or exchange in self._streams:
                return True  # one that was ended while its handler worked has given up its place already
            if len(self._streams) >= self._max_streams:
                return False
            self._streams.add(exchange)
            return True

    def close(self, exchange: Exchange) -> None:
        """Ends the watch over an exchange. Its thread's last word."""
        exchange.close()
        with self._guard:
            self._open.discard(exchange)
            self._streams.discard(exchange)

    def await_handler(self, exchange: Exchange) -> bool:
        """True once the handler is loaded; False if the answer was ended while it waited."""
        while not exchange.is_ended:
            if self.loaded.wait(TICK_S):
                return True
        return False

    @property
    def is_idle(self) -> bool:
        """True while no answer is being sent."""
        return all(exchange.is_reported for exchange in list(self._open))

    def tick(self, now: float) -> None:
        """Looks at every open answer once."""
        for exchange in list(self._open):
            try:
                exchange.tick(now, self._drain_at)
            except Exception:
                traceback.print_exc()  # one answer's fault must not leave all others unwatched

    def drain(self) -> None:
        """From now on every answer has `drain_timeout` left."""
        self._drain_at = self._clock() + self._drain_timeout

    @property
    def is_drained(self) -> bool:
        """True once nothing can be open any more."""
        return self._clock() > self._drain_at + EXIT_GRACE_S

    def fail(self, found: Failure) -> None:
        """Ends every open answer with this failure."""
        for exchange in list(self._open):
            exchange.fail(found)

    def start_pump(self) -> None:
        """From now on one thread goes on with all answers whose sources need not be waited for in their own."""
        self._pump = Pump(threading.Lock())
        start_thread(self._pump.run, "pump")

    def watch(self, is_orphan: Callable[[], bool] = lambda: False) -> None:
        """The watcher's thread: ticks until the process is an orphan, and ends that at once."""
        while not is_orphan():
            self.tick(self._clock())
            time.sleep(TICK_S)
        os._exit(0)

    def _report(self, exchange: Exchange, call_id: str) -> None:
        # A thread that does not come back gives up its stream's place, but is watched and woken until it does.
        with self._guard:
            self._streams.discard(exchange)
        if not exchange.outcome:
            return
        answer = exchange.answer
        self._emit(
            record.line(
                call_id=call_id,
                function=self._function,
                status=exchange.status,
                outcome=exchange.outcome,
                opened=exchange.opened,
                ended=self._clock(),
                first_item=exchange.first_item_at,
                events=answer.events if answer else 0,
                finish_reason=answer.finish_reason if answer else None,
                usage=answer.usage if answer else None,
            )
        )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


Lock = threading.Lock


def start_thread(target: Callable[[], object], name: str) -> None:
    """Runs `target` in a thread that does not keep the process alive."""
    threading.Thread(target=target, name=name, daemon=True).start()


def run(lifecycle: Lifecycle, server: Server, load: Callable[[], object], *, under_watchdog: bool) -> int:
    """Serves until the process is to end, and returns its exit code. To be called from the main thread.

    Behind the watchdog SIGTERM only starts the drain: the watchdog goes on sending requests until it has no reader
    left, and what ends first cuts them (T8). The process ends when the watchdog has. Alone, it stops accepting.
    """
    stopped_at: list[float] = []

    def stop(number: int, _frame: Any) -> None:
        now = time.monotonic()
        if stopped_at:
            # faasd signals every process of a container, so that one stop arrives twice: from it, and forwarded.
            if number == signal.SIGTERM and under_watchdog and now < stopped_at[0] + SAME_STOP_S:
                return
            os._exit(128 + number)
        stopped_at.append(now)
        lifecycle.drain()
        if not under_watchdog:
            server.stop_accepting()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    start_thread(server.run, "server")
    lifecycle.start_pump()
    start_thread(lambda: lifecycle.watch(lambda: under_watchdog and os.getppid() != _PARENT), "watcher")
    code = 0
    try:
        load()
        lifecycle.loaded.set()
        while under_watchdog or not stopped_at:
            time.sleep(TICK_S)
    except BaseException:  # SystemExit too: a handler that leaves at its import is none
        traceback.print_exc()
        sys.stderr.flush()
        time.sleep(TICK_S)  # the watchdog loses what is still in its pipe when its child has ended
        code = 1
        lifecycle.drain()
        lifecycle.fail(FAILURES["internal_error"])  # what waited for the handler
    while not lifecycle.is_drained and not (lifecycle.is_idle and server.is_idle()):
        time.sleep(TICK_S)
    start_thread(lambda: _exit_at_last(code), "exit")
    return code


def _exit_at_last(code: int) -> None:
    time.sleep(EXIT_GRACE_S)
    os._exit(code)

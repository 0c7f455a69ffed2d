"""The function's process: how it starts, what signals do, and how it ends.

| thread | work |
|---|---|
| main | imports the handler, then waits for signals and looks after the event loop |
| server | waitress's loop: accepts, reads requests, sends what did not fit at once |
| event loop | every open answer |
| one per request | the handler, and sync sources; sleeps while the event loop serves its answer |
| parent | starts threads for requests, and ends the process with its parent, the watchdog |
| log | writes records, so that a full pipe stops nothing |
"""

import gc
import os
import signal
import sys
import sysconfig
import threading
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from faas_stream.answers.record_log import RecordLog
from faas_stream.answers.registry import Answers
from faas_stream.engine import loop
from faas_stream.engine.server import Server
from faas_stream.import_advice import advice
from faas_stream.log_lines import BoundedLines
from faas_stream.settings import SettingError, Settings
from faas_stream.thread_limit import fit_max_streams
from faas_stream.version import VERSION
from faas_stream.web.app import FunctionApp

LOOK_S = 0.1

LAST_FLUSH_S = 0.25
"""The server may send the last chunk of an answer this long after the request's thread is free."""

SAME_STOP_S = 1.0
"""How far apart two SIGTERMs of one stop may arrive behind the watchdog."""

STUCK_S = 2.0
"""How long after `drain_timeout` a thread that nothing can wake may keep the process."""

_PARENT = os.getppid()  # as early as possible: a watchdog that cannot start leaves its child within milliseconds

GC_THRESHOLDS = (10_000, 5, 2)
"""Python's own are 700, 10 and 10. A collection stops every answer, and with these, fewer free the same garbage. The
added latency (p99) of 500 streams falls from 25 to 3 ms."""


def main() -> NoReturn:
    """Serves `function.handler` until a signal ends the process. Exits non-zero if it cannot be imported."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        sys.exit(
            f"This Python ({sys.executable}) is a free-threaded build, on which this template is not tested: use an "
            "ordinary one, such as that of the image python:3.13-slim."
        )
    gc.set_threshold(*GC_THRESHOLDS)
    gc.disable()  # until the handler is imported: collections meanwhile take a sixth of the time, and free nothing
    # A garbage collection during a write may log what it has found.
    stdout = BoundedLines(sys.stdout, threading.RLock())
    sys.stdout, sys.stderr = stdout, BoundedLines(sys.stderr, threading.RLock())
    try:
        settings = Settings()
        for warning in (*settings.warnings, fit_max_streams(settings)):
            if warning:
                print(warning, flush=True)
        process = Process(settings, RecordLog(stdout))
    except SettingError as error:
        sys.exit(str(error))
    except OSError as error:
        host, port = settings.upstream_url
        sys.exit(f"cannot listen on {host}:{port}: {error.strerror}. Free the port, or set another in upstream_url.")
    if settings.suppress_lock:
        _write_lock(settings.lock_file)
    changed = " ".join(f"{name}={value}" for name, value in settings.changed.items()) or "defaults"
    rule = process.app.access.rule
    print(f"faas-stream {VERSION} serves {settings.function_name}: {rule}; settings: {changed}", flush=True)
    process.run()


def _write_lock(file: Path) -> None:
    try:
        file.touch()
    except OSError as error:
        print(
            f"Warning: {file} cannot be written ({error.strerror}). The function serves, but the watchdog reports it "
            f"as unhealthy without that file: give it a writable {file.parent} (docker run --tmpfs {file.parent}; "
            "an emptyDir on Kubernetes)",
            flush=True,
        )


class Process:
    """From the start of the server to the exit. Belongs to the main thread.

    Behind the watchdog SIGTERM only starts the drain: the watchdog goes on sending requests until its own drain has
    ended, and an earlier exit would cut them (T8). The process ends when the watchdog has. Without the watchdog,
    SIGTERM stops the server from accepting too, and the process ends when nothing is open any more, or STUCK_S after
    `drain_timeout`. SIGINT does the same. A second signal ends the process at once.

    Its port is open once it is created. Raises SettingError, OSError.
    """

    def __init__(self, settings: Settings, log: RecordLog) -> None:
        self._settings, self._log = settings, log
        self._loop = loop.EventLoop()
        self._answers = Answers(settings, self._loop.loop, log.write)
        self.app = FunctionApp(settings, self._answers)
        self.app.access.check_tokens()
        self._server = Server(self.app, settings)
        self._is_behind_watchdog = settings.under_watchdog
        self._stopped_at: float | None = None

    def run(self) -> NoReturn:
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        os.register_at_fork(after_in_child=_use_default_handlers)
        threading.Thread(target=self._server.run, name="server", daemon=True).start()
        threading.Thread(target=self._look_after, name="parent", daemon=True).start()
        try:
            self.app.use(import_module("function.handler"))
        except BaseException as error:  # SystemExit too: a handler that exits while it is imported is none
            traceback.print_exc()
            if advised := advice(error):
                print(advised, file=sys.stderr)
            self._answers.end_load(failed=True)
            self._wait_until_idle(0.5)
            _exit(1)
        gc.freeze()  # what is there now stays, so no collection needs to look at it
        gc.enable()
        self._answers.end_load()
        while self._stopped_at is None or self._is_behind_watchdog:
            time.sleep(loop.LOOK_S)
            self._loop.report_if_blocked()
        self._wait_until_idle(self._settings.drain_timeout + STUCK_S)
        time.sleep(LAST_FLUSH_S)
        _exit(0)

    def _on_signal(self, number: int, _frame: object) -> None:
        now = time.monotonic()
        if self._stopped_at is None:
            self._stopped_at = now
            self._answers.drain()
            if not self._is_behind_watchdog:
                self._server.stop_accepting()
            return
        # faasd signals every process of a container, so one stop arrives twice: directly, and through the watchdog.
        if number != signal.SIGTERM or not self._is_behind_watchdog or now > self._stopped_at + SAME_STOP_S:
            os._exit(128 + number)

    def _wait_until_idle(self, at_most_s: float) -> None:
        end = time.monotonic() + at_most_s
        while time.monotonic() < end:
            if self._answers.is_idle and self._server.is_idle() and self._log.is_empty:
                return
            time.sleep(LOOK_S)

    def _look_after(self) -> None:
        """What has to go on while the main thread imports the handler, too."""
        while True:
            time.sleep(LOOK_S)
            self._server.start_more_threads()
            if self._is_behind_watchdog and os.getppid() != _PARENT:
                os._exit(0)


def _use_default_handlers() -> None:
    """A process that the author forks, such as a worker of `multiprocessing`, ends at a signal."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _exit(code: int) -> NoReturn:
    """Ends the process without waiting for threads that block, or for clients that authors never close."""
    sys.stdout.flush()
    sys.stderr.flush()
    time.sleep(LOOK_S)  # the watchdog loses what is still in its pipe when its child has ended
    os._exit(code)

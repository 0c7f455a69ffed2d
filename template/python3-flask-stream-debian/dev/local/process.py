"""One function's process and the processes that it starts: their output and their end."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

LAST_LINES = 20
GRACE_S = 0.5

_KILL_GROUP_AT_END_OF_INPUT = 'read _; kill -s KILL -- "-$0"'


class Process:
    """A process group of its own, so that Ctrl-C reaches it through `stop` alone and `stop` leaves nothing behind."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._name = name
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        # Its input ends with this program, even if that is killed with -9: then no function is left behind.
        self._guard = subprocess.Popen(
            ["sh", "-c", _KILL_GROUP_AT_END_OF_INPUT, str(self._process.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._pass_on, daemon=True)
        self._reader.start()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def how_it_ended(self) -> str:
        """`exit code 1` or `SIGKILL`."""
        code = self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """Ends it, by force after GRACE_S, and then all other processes of its group."""
        if self.is_alive():
            self.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._guard.kill()
        self._guard.communicate()
        self._reader.join(GRACE_S)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _pass_on(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.last_lines.append(line.rstrip("\n"))
            # If nobody reads this program's output any more, the function must still not block on its own output.
            with suppress(OSError):
                sys.stdout.write(f"{self._name} | {line.rstrip()}\n")
                sys.stdout.flush()

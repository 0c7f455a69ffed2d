"""A running watchdog in front of one command: its addresses, its output lines, its end."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Literal, NamedTuple

from tests.platform.deadline import wait_until
from tests.platform.ports import is_open

Stream = Literal["stdout", "stderr"]


class Line(NamedTuple):
    stream: Stream
    text: str


class WatchdogEndedError(Exception):
    """The watchdog ended before its port was open. The message has its exit code and its output."""


class Running:
    """A started watchdog. url: where clients call it. upstream_url: where its child must listen."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, upstream_url: str, tmpdir: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.upstream_url = upstream_url
        self.tmpdir = tmpdir
        self._lines: list[Line] = []
        self._changed = threading.Condition()
        self._readers = [self._read("stdout", process.stdout), self._read("stderr", process.stderr)]

    @property
    def lock_file(self) -> Path:
        return self.tmpdir / ".lock"

    def output(self, stream: Stream | None = None) -> list[str]:
        """The lines so far, of both streams or of one; the child's lines are among them."""
        with self._changed:
            return [line.text for line in self._lines if stream in (None, line.stream)]

    def transcript(self, most: int | None = None) -> str:
        """The output so far, or its last lines."""
        with self._changed:
            lines = self._lines if most is None else self._lines[-most:]
            return "\n".join(f"{line.stream} | {line.text}" for line in lines)

    def wait_for_line(self, pattern: str, timeout_s: float = 60.0, stream: Stream | None = None) -> str:
        """The first line that matches the regular expression. Raises AssertionError if none does in time."""

        def matching() -> str | None:
            return next((line for line in self.output(stream) if re.search(pattern, line)), None)

        with self._changed:
            self._changed.wait_for(lambda: matching() is not None or not self._is_read(), timeout_s)
        line = matching()
        if line is None:
            raise AssertionError(f"no line with {pattern!r} within {timeout_s} s in:\n{self.transcript()}")
        return line

    def signal(self, number: int) -> None:
        """Sends a signal to the watchdog, not to its child."""
        self.process.send_signal(number)

    def terminate(self) -> None:
        """Sends SIGTERM to the watchdog, which forwards it to its child."""
        self.signal(signal.SIGTERM)

    def wait(self, timeout_s: float = 60.0) -> int:
        """The watchdog's exit code, once it has ended and its output is complete."""
        code = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(timeout_s)
        return code

    def wait_until_open(self, timeout_s: float = 60.0) -> None:
        """Returns when the watchdog's port is open."""
        wait_until(lambda: self._is_alive() and is_open(self.port), f"port {self.port} is open", timeout_s)

    def wait_until_healthy(self, timeout_s: float = 60.0) -> None:
        """Returns when `/_/health` answers 200."""
        wait_until(lambda: self._is_alive() and self._health() == 200, f"{self.url}/_/health is 200", timeout_s)

    def processes(self) -> set[int]:
        """The ids of the watchdog's process group: itself, its child, and what these have started."""
        return {pid for pid, group in _living() if group == self.process.pid}

    def kill(self) -> None:
        """Kills the watchdog, its child and all other processes of their group."""
        with suppress(ProcessLookupError):  # all of them have ended
            os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()
        wait_until(lambda: not self.processes(), "the watchdog's process group is empty")
        print(self.transcript())  # pytest shows it with a failure

    def _read(self, stream: Stream, pipe: IO[bytes] | None) -> threading.Thread:
        assert pipe is not None

        def read() -> None:
            with pipe:
                for line in pipe:
                    with self._changed:
                        self._lines.append(Line(stream, line.decode(errors="replace").rstrip("\n")))
                        self._changed.notify_all()
            with self._changed:
                self._changed.notify_all()  # the stream has ended

        thread = threading.Thread(target=read, name=f"{stream} of the watchdog")
        thread.start()
        return thread

    def _is_read(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def _is_alive(self) -> bool:
        if self.process.poll() is not None:
            code = self.wait()
            raise WatchdogEndedError(f"the watchdog ended with {code} before it was open:\n{self.transcript()}")
        return True

    def _health(self) -> int | None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/_/health")
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


def _living() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            state, _parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if state not in "ZX":  # ended, but its parent has not waited for it yet
                yield int(folder.name), int(group)

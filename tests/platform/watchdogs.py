"""The watchdogs of this machine, and how one is started: the stand-in, and the real of-watchdog if there is one.

    with watchdog.start("python index.py", cwd=folder, env={"write_timeout": "5s"}) as running:
        urllib.request.urlopen(running.url)

The command is split on single spaces, without quoting, as the platform does it: no argument can have a space.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.platform import standin
from tests.platform.ports import free_port
from tests.platform.running import Running
from tests.platform.turn import turn

Until = Literal["spawned", "open", "healthy"]


@dataclass(frozen=True)
class Watchdog:
    """A watchdog program. One that `runs_alone` waits, at its start, for every other of its kind to end."""

    name: str
    binary: Path
    runs_alone: bool = False

    @contextmanager
    def start(
        self,
        command: str,
        *,
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
        until: Until = "open",
    ) -> Iterator[Running]:
        """A watchdog in front of the command. At the end, its whole process group is killed.

        until: what to wait for before the watchdog is yielded. env: its settings; they override these: from the tests'
        environment PATH (this Python first), HOME and the language; free ports; a TMPDIR (with the lock file) of its
        own; mode http.
        """
        with ExitStack() as stack:
            tmpdir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchdog-")))
            if self.runs_alone:
                stack.enter_context(turn())
            settings = _settings(command, tmpdir) | dict(env or {})
            upstream_url = settings.get("http_upstream_url", settings["upstream_url"])
            running = Running(_spawn(self.binary, cwd, settings), int(settings["port"]), upstream_url, tmpdir)
            stack.callback(running.kill)
            if until != "spawned":
                running.wait_until_open()
            if until == "healthy":
                running.wait_until_healthy()
            yield running


def available() -> list[Watchdog]:
    """The watchdogs of this machine: `standin` if there is Go, and `real` if OF_WATCHDOG or PATH names it."""
    names = ["standin"] * (standin.why_missing() is None) + ["real"] * is_real_named()
    return [find(name) for name in names]


def find(name: str) -> Watchdog:
    """The watchdog `standin` or `real`. Raises LookupError, which says what to install, if it is missing."""
    if name == "standin":
        if reason := standin.why_missing():
            raise LookupError(reason)
        return Watchdog("standin", standin.build())
    return Watchdog("real", _real_binary(), runs_alone=True)


def is_real_named() -> bool:
    """True if OF_WATCHDOG or PATH names a real of-watchdog."""
    return bool(os.environ.get("OF_WATCHDOG") or shutil.which("of-watchdog"))


def _real_binary() -> Path:
    name = os.environ.get("OF_WATCHDOG") or "of-watchdog"
    path = shutil.which(name)
    if not path:
        raise LookupError(
            f"no real of-watchdog at {name!r}: name its binary in OF_WATCHDOG, or put of-watchdog on PATH"
        )
    return Path(path).absolute()


def _settings(command: str, tmpdir: Path) -> dict[str, str]:
    here = os.environ
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), here.get("PATH", os.defpath)]),
        "HOME": here.get("HOME", str(tmpdir)),
        "LANG": here.get("LANG", "C.UTF-8"),
        "TMPDIR": str(tmpdir),
        "mode": "http",
        "fprocess": command,
        "port": str(free_port()),
        "upstream_url": f"http://127.0.0.1:{free_port()}",
    }


def _spawn(binary: Path, cwd: Path | str | None, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [binary],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a process group of its own, so that its child ends with it
    )

"""One function served on this machine: laid out, started, watched, restarted."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from local import environment, files, layout, ports, requirements, template, tokens
from local.plan import Placement
from local.problem import Problem
from local.process import Process
from local.signals import Signals
from local.stack import Stack

START_S = 30
EXAMPLE = "curl -sN {url} -H 'Accept: text/event-stream' -d 'What are some calorie dense foods?'"


class Service:
    def __init__(
        self,
        root: Path,
        build: Path,
        stack: Stack,
        placement: Placement,
        caller: Mapping[str, str],
        settings: Mapping[str, str],
        temporary: Path,
        signals: Signals,
        *,
        is_closed: bool = False,
    ) -> None:
        self.name = placement.function.name
        self._root = root
        self._build = build
        self._stack = stack
        self._placement = placement
        self._caller = caller
        self._settings = settings
        self._temporary = temporary / self.name
        self._signals = signals
        self._is_closed = is_closed
        self._process: Process | None = None
        self._seen = self._pending = self._look()

    def requirements(self) -> list[Path]:
        return template.requirements(self._root, self._placement.function, self._template())

    def start(self) -> None:
        """Lays the function out and starts its process. `wait` returns once it serves."""
        function = self._placement.function
        of = self._template()
        folder = layout.lay_out(self._root, self._build, function, of, self._stack.copy, self._caller)
        # A folder of its own for the watchdog's lock file; a new one, because a killed process leaves its lock file.
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir()
        here = {
            "TMPDIR": str(self._temporary),
            "port": str(self._placement.port),
            "upstream_url": f"http://127.0.0.1:{self._placement.inner_port}",
            **self._settings,
        }
        # Split as the watchdog splits it.
        fprocess = function.fprocess or of.fprocess
        command = fprocess.split(" ")
        if self._placement.watchdog:
            command = [self._placement.watchdog]
            here |= {"mode": "http", "fprocess": fprocess}
        variables = environment.compose(self._root, function, of, self._caller, here, is_closed=self._is_closed)
        try:
            with self._signals.deferred():
                self._process = Process(self.name, command, folder, variables)
        except OSError as error:
            raise Problem(
                f"{self.name} cannot be started with {command[0]!r}, its template's fprocess: {error}"
            ) from None

    def wait(self) -> bool:
        """Waits until the function serves. False if its process has ended, or has not opened its port in START_S."""
        process, ports_to_open = self._process, [self._placement.inner_port, self._placement.port]
        if process and ports.wait_open(ports_to_open, process.is_alive, START_S):
            return True
        if process and process.is_alive():
            print(f"{self.name} has not opened port {self._placement.inner_port} in {START_S} s", file=sys.stderr)
        return False

    def introduction(self) -> list[str]:
        """The function's URL and an example request; [] if the function does not run."""
        if not self._process or not self._process.is_alive():
            return []
        behind = "  behind of-watchdog" if self._placement.watchdog else ""
        example = self._placement.function.annotations.get("example", EXAMPLE)
        if tokens.are_needed(self._caller, is_closed=self._is_closed):
            example = tokens.with_token(example, self._root, self._placement.function)
        return [
            f"{self.name}  http://localhost:{self._placement.port}{behind}",
            f"  {example.replace('{url}', f'localhost:{self._placement.port}')}",
        ]

    def report_exit(self) -> None:
        """Prints, once, that the process has ended by itself."""
        if not self._process or self._process.is_alive():
            return
        self._process.stop()
        lines = "".join(f"\n    {line}" for line in self._process.last_lines)
        print(
            f"{self.name} has ended ({self._process.how_it_ended()}); it starts again when its files change. "
            f"Its last lines:{lines}",
            file=sys.stderr,
        )
        self._process = None

    def follow_files(self) -> None:
        """Restarts the function if its files have changed, and did not change again since the last call."""
        now = self._look()
        if now == self._seen or now != self._pending:
            self._pending = now
            return
        print(f"{self.name}: {', '.join(files.changed(self._seen, now)[:3])} changed, starting again", flush=True)
        self._seen = now
        self.stop()
        requirements.install(self._root, self.requirements())
        self.start()
        if self.wait():
            print(f"{self.name} serves again on http://localhost:{self._placement.port}", flush=True)

    def terminate(self) -> None:
        if self._process:
            self._process.terminate()

    def stop(self) -> None:
        if self._process:
            self._process.stop()
        self._process = None

    def _template(self) -> template.Template:
        return template.read(self._root, self._placement.function.lang)

    def _look(self) -> files.Snapshot:
        function = self._placement.function
        return files.snapshot(self._root / function.handler, self._root / "template" / function.lang)

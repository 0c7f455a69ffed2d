"""A small project, for tests of the runner: our template, and functions that a test writes."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import ports
from tests.platform.ports import free_port
from tests.platform.running import Running

ROOT = Path(__file__).parent.parent
LANG = "python3-flask-stream-debian"
SOURCES = shutil.ignore_patterns("__pycache__", ".*_cache")
ANSWERS = "def handle(req):\n    return {answer!r}\n"


class Project:
    """An author's folder, as faas-cli makes it. `port` and the nine ports after it are free."""

    def __init__(self, root: Path, lang: str = LANG) -> None:
        self.root = root
        self.lang = lang
        self.port = _ten_free_ports()
        self.program = f"template/{lang}/dev/run"
        self.venv = root / "build/.dev/venv"
        shutil.copytree(ROOT / "template" / LANG, root / "template" / lang, ignore=SOURCES)
        (root / "stack.yaml").write_text("provider:\n  name: openfaas\nfunctions:\n")

    def use_venv(self) -> None:
        """Lets the project use the virtual environment of these tests, which ./scripts/test has made."""
        venv = Path(sys.prefix)
        if not (venv / "requirements.json").exists():
            pytest.skip(f"{venv} was not made by ./scripts/test, which is how these tests are run")
        self.venv.parent.mkdir(parents=True, exist_ok=True)
        self.venv.symlink_to(venv)

    def add(self, name: str, handler: str = ANSWERS.format(answer="hello"), stack: str = "") -> Path:
        """A function with this handler.py, and more lines of its own in stack.yaml; the handler's path."""
        folder = self.root / "functions" / name
        folder.mkdir(parents=True)
        (folder / "handler.py").write_text(handler)
        (folder / "requirements.txt").touch()
        entry = f"  {name}:\n    lang: {self.lang}\n    handler: ./functions/{name}\n{stack}"
        with (self.root / "stack.yaml").open("a") as stack_file:
            stack_file.write(entry)
        return folder / "handler.py"

    @contextmanager
    def run(self, *arguments: str, **env: str) -> Iterator[Running]:
        """The runner, in a process group of its own."""
        process = subprocess.Popen(
            [self.program, *arguments, "--port", str(self.port)],
            cwd=self.root,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        running = Running(process, self.port, "", self.root)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                running.wait()
            running.kill()

    @contextmanager
    def serve(self, *arguments: str, **env: str) -> Iterator[Running]:
        """The runner, once it has started all its functions."""
        with self.run(*arguments, **env) as running:
            running.wait_for_line("Ctrl-C ends all", 30)
            yield running

    def refuse(self, *arguments: str, **env: str) -> str:
        """What the runner prints on stderr if it refuses to start."""
        with self.run(*arguments, **env) as running:
            assert running.wait() != 0
            return "\n".join(running.output("stderr"))

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Without a watchdog, unless `more` names one. The status waits for a handler whose import takes long."""
        path = os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin"])
        return {"PATH": path, "LANG": "C.UTF-8", "OF_WATCHDOG": "", "commit_after": "60s", **(more or {})}

    def processes(self) -> list[str]:
        """The command lines of all that runs in its folder."""
        return [command for folder, command in _processes() if Path(folder).is_relative_to(self.root)]


class Checkout(Project):
    """A project with our scripts, as a fork has them."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.program = "./scripts/run"
        self.venv = root / ".venv"
        shutil.copytree(ROOT / "scripts", root / "scripts", ignore=SOURCES)


def ask(port: int) -> str:
    """The answer of the function on this port."""
    with urllib.request.urlopen(f"http://localhost:{port}", data=b"hi", timeout=60) as response:
        text: str = response.read().decode()
    return text


def _processes() -> Iterator[tuple[str, str]]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            folder, command = os.readlink(process / "cwd"), (process / "cmdline").read_text()
        except OSError:
            continue  # it has ended meanwhile, or is not ours to look at
        if command:
            yield folder.removesuffix(" (deleted)"), command.replace("\0", " ").strip()


def _ten_free_ports() -> int:
    while True:
        first = free_port()
        if not any(ports.is_taken(port) for port in range(first, first + 10)):
            return first

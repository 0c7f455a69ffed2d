"""The npm clients, in one process of Node that takes questions as lines of JSON."""

import hashlib
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Generator, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from project import cache
from tests.clients.reports import Delta, End, Failed, Frame, Question, Report, read

SOURCES = Path(__file__).parent
PACKAGES = sorted(package.parent.name for package in SOURCES.glob("npm/*/package.json"))
"""The folders of packages. Each has releases that go together, and may bring a Node of its own."""

CURRENT = "current"
_TIMEOUT_S = 30
_OF_OPENAI = (
    "openai", "streamedText", "openaiEndpoints", "openaiProvider", "openaiResponsesProvider", "anthropicProvider",
)  # fmt: skip
"""Clients that take an address up to and including `/v1`."""


def why_missing() -> str | None:
    """Why there can be no npm clients on this machine, and how to fix that; None if there can be."""
    missing = [program for program in ("node", "npm") if not shutil.which(program)]
    if not missing:
        return None
    return f"{' and '.join(missing)} not on PATH: install Node 18 or later with npm (apt-get install nodejs npm)"


def install(packages: str = CURRENT) -> Path:
    """The folder with these packages, and the scripts next to them, because Node looks there."""
    package = SOURCES / "npm" / packages / "package.json"
    digest = hashlib.sha256(package.read_bytes()).hexdigest()[:16]
    folder = cache.installed(f"npm-clients-{packages}-{digest}", lambda new: cache.npm(package, new))
    for script in SOURCES.glob("*.mjs"):
        cache.copy(script, folder)
    return folder


class Node:
    """The process. It answers any number of questions at a time."""

    def __init__(self, packages: str = CURRENT) -> None:
        folder = install(packages)
        own = next(folder.glob("node_modules/node-*/bin/node"), None)
        self._process = subprocess.Popen(
            [own or "node", "driver.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._numbers = count(1)
        self._lines: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self.version = json.loads(self._read_line())["node"]
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def ask(self, client: str, question: Question, **more: Any) -> Iterator[Report]:
        """What a client reports of the answer, each report as soon as it is there."""
        lines = self.lines(client, question, **more)
        for line in _framed(lines):
            if isinstance(line, Frame):
                yield from read([line])
            elif "delta" in line:
                yield Delta(line["delta"])
            elif "end" in line:
                yield End(line["end"]["reason"], line["end"].get("tokens"), line["end"])
            elif "failed" in line:
                failed = line["failed"]
                yield Failed(failed["name"], failed.get("status"), failed.get("code"))

    def lines(self, client: str, question: Question, **more: Any) -> Generator[dict[str, Any], None, None]:
        """The driver's lines about the question, as they come. The client disconnects when the iteration ends."""
        number = next(self._numbers)
        waiting = self._lines[number] = queue.SimpleQueue()
        url = question.base_url if client in _OF_OPENAI else question.url
        body = {"prompt": question.prompt, "model": question.model, "token": question.token}
        options = {"query": dict(question.query), "headers": dict(question.headers)}
        self._send({"job": number, "client": client, "url": url, **body, **options, **more})
        is_over = False
        try:
            while True:
                line = waiting.get(timeout=_TIMEOUT_S)
                is_over = "over" in line
                if is_over:
                    return
                yield line
        finally:
            if not is_over:
                self._send({"disconnect": number})

    def close(self) -> None:
        process = self._process
        process.kill()
        process.wait()
        self._reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def _send(self, line: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        while text := self._read_line():
            line = json.loads(text)
            self._lines[line["job"]].put(line)

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _framed(lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any] | Frame]:
    for line in lines:
        frame = line.get("frame")
        yield Frame(frame["event"], frame["data"]) if frame else line

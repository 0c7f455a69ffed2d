"""The npm clients, in one process of Node that is asked by lines of JSON."""

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
from tests.clients.told import Delta, End, Failed, Frame, Question, Told, read

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
    """Why there can be no npm clients on this machine, and what mends it."""
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
    """The process. Ask it as many questions at a time as you like."""

    def __init__(self, packages: str = CURRENT) -> None:
        folder = install(packages)
        own = next(folder.glob("node_modules/node-*/bin/node"), None)
        self._process = subprocess.Popen(
            [own or "node", "driver.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._numbers = count(1)
        self._told: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self.version = json.loads(self._read_line())["node"]
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def ask(self, client: str, question: Question, **more: Any) -> Iterator[Told]:
        """What a client tells of the answer, each as soon as it is there."""
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
        """What the driver says of it, as it says it; once nobody iterates any more, the client leaves."""
        number = next(self._numbers)
        told = self._told[number] = queue.SimpleQueue()
        url = question.base_url if client in _OF_OPENAI else question.url
        asked = {"prompt": question.prompt, "model": question.model, "token": question.token}
        given = {"query": dict(question.query), "headers": dict(question.headers)}
        self._say({"job": number, "client": client, "url": url, **asked, **given, **more})
        is_over = False
        try:
            while True:
                line = told.get(timeout=_TIMEOUT_S)
                is_over = "over" in line
                if is_over:
                    return
                yield line
        finally:
            if not is_over:
                self._say({"leave": number})

    def close(self) -> None:
        process = self._process
        process.kill()
        process.wait()
        self._reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def _say(self, line: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        while line := self._read_line():
            told = json.loads(line)
            self._told[told["job"]].put(told)

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _framed(lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any] | Frame]:
    for line in lines:
        frame = line.get("frame")
        yield Frame(frame["event"], frame["data"]) if frame else line

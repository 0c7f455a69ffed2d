"""Both ends of the traffic, one program in Go: the mock upstream, and the readers of a load."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarking import process
from benchmarking.contestants import Contestant
from tests.platform import go_program

TOKENS_A_SECOND = 20
"""The mock's pace, as load/mock.go has it."""

_PROGRAM = Path(__file__).parent / "load"


@dataclass(frozen=True, slots=True)
class Mock:
    """url: its base URL."""

    url: str
    pid: int

    def cpu_s(self) -> float:
        return process.cpu_s([self.pid])


@contextmanager
def mock() -> Iterator[Mock]:
    """The upstream; it ends with its stdin, however this process ends."""
    command = [str(go_program.build(_PROGRAM)), "mock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            yield Mock(f"http://127.0.0.1:{int(serving.stdout.readline())}/v1", serving.pid)
        finally:
            serving.kill()


def load(contestant: Contestant, port: int, *, streams: int, tokens: int, limit_s: float) -> dict[str, Any]:
    """What load/summary.go tells of so many streams, each of so many tokens; who is not done by the limit is left."""
    content_type, body = contestant.request(tokens)
    asked = {
        "url": f"http://127.0.0.1:{port}{contestant.path}",
        "content-type": content_type,
        "body": body,
        "streams": streams,
        "tokens": tokens,
        "limit": f"{limit_s}s",
    }
    options = [f"-{name}={value}" for name, value in asked.items()]
    command = [str(go_program.build(_PROGRAM)), "readers", *options]
    told: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return told

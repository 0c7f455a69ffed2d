"""Both ends of the traffic, in one Go program: the mock upstream, and the clients of a load."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarking import process
from benchmarking.contenders import Contender
from tests.platform import go_program

TOKENS_PER_SECOND = 20
"""The mock's pace for each stream; load/mock.go has the same number."""

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
    """The upstream. It ends when its stdin is closed, so it ends with this process, however this process ends."""
    command = [str(go_program.build(_PROGRAM)), "mock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            yield Mock(f"http://127.0.0.1:{int(serving.stdout.readline())}/v1", serving.pid)
        finally:
            serving.kill()


def load(
    contender: Contender, port: int, *, streams: int, tokens: int, limit_s: float, spread_s: float = 1
) -> dict[str, Any]:
    """The summary (load/summary.go) of this number of streams, each of this number of tokens.

    All streams begin within `spread_s`. A stream that takes longer than the limit is given up.
    """
    request = contender.request(tokens)
    options = {
        "url": f"http://127.0.0.1:{port}{contender.path}",
        "accept": request.accept,
        "content-type": request.content_type,
        "body": request.body,
        "streams": streams,
        "tokens": tokens,
        "spread": f"{spread_s}s",
        "limit": f"{limit_s}s",
    }
    arguments = [f"-{name}={value}" for name, value in options.items()]
    command = [str(go_program.build(_PROGRAM)), "clients", *arguments]
    summary: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return summary

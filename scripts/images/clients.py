"""Clients in containers: they send a function's request and report how the answers went."""

import json
import secrets
import subprocess
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from images.engine import Engine
from images.example import Request
from local.problem import Problem

_PROGRAM = Path(__file__).with_name("client.py")


@dataclass(frozen=True)
class Answer:
    """first_s: from the request to the first byte of the answer. first_at: when that was, in seconds since 1970."""

    status: int
    first_s: float | None
    first_at: float
    is_whole: bool
    last: str


class Client:
    """A client that has been started: it waits until the function is healthy, then sends its requests at once."""

    def __init__(
        self, engine: Engine, image: str, network: str, request: Request, token: str, streams: int, bytes_per_s: int = 0
    ) -> None:
        """token: a bearer token, or empty. bytes_per_s: how fast an answer is read at most; 0: no limit."""
        if token:
            request = replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
        arguments = {**asdict(request), "streams": streams, "bytes_per_s": bytes_per_s}
        self._engine = engine
        self._name = f"test-image-client-{secrets.token_hex(4)}"
        command = [
            "run",
            "--rm",
            "-i",
            "--name",
            self._name,
            "--network",
            network,
            "--entrypoint",
            "python",
            image,
            "-",
            json.dumps(arguments),
        ]
        with _PROGRAM.open() as program:
            self._process: subprocess.Popen[str] = engine.start(program, *command)

    def wait_for_first_byte(self) -> None:
        """Returns when the first byte of an answer has arrived. Raises Problem if none arrives."""
        assert self._process.stdout
        lines = []  # the docker command may print warnings of its own first
        while (line := self._process.stdout.readline()) not in ("first\n", ""):
            lines.append(line)
        if not line:
            raise Problem(f"no answer has begun: {''.join(lines).strip()}")

    def answers(self) -> list[Answer]:
        """All answers, once they have ended. Raises Problem if one is not whole."""
        printed = self._process.communicate()[0].strip()
        try:
            entries: list[dict[str, Any]] = json.loads(printed.splitlines()[-1])
        except (IndexError, ValueError):
            raise Problem(f"the client failed: {printed or 'it printed nothing'}") from None
        answers = [Answer(**entry) for entry in entries]
        broken = [answer for answer in answers if not answer.is_whole]
        if broken:
            raise Problem(
                f"{len(broken)} of {len(answers)} answers are not whole; "
                f"the first has status {broken[0].status} and ends in {broken[0].last!r}"
            )
        return answers

    def end(self) -> None:
        """Removes the container if it still runs: it outlives the command that started it."""
        self._engine.succeeds("rm", "--force", self._name)
        self._process.wait()

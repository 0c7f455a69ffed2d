"""One image, run as a platform runs it: read-only, without capabilities, as some user, within its memory."""

import json
import math
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from images.building import Build
from images.clients import Client
from images.engine import Engine
from images.example import Request
from local import upstream
from local.problem import Problem
from local.stack import Function

BURST = 100
GRACE_S = 30
LOG_S = 10
MOCK_PORT = 5001
MOCK_PACE = {"mock_tokens_per_second": "40", "mock_time_to_first_token": "300ms"}
LONG_QUESTION = "long 400"
"""Ten seconds at the mock's pace: longer than the watchdog keeps serving after SIGTERM (healthcheck_interval)."""

LARGE_FILE = {"files_dir": "/usr/bin"}, "/fwatchdog", 3_000_000
"""Settings, path and bytes per second for a function without a question: stream-file, whose answers last as long as
the client takes to read them. The watchdog's program is the largest file in every image: 22 MB of base64."""

WRITABLE = {"/tmp", "/var/tmp", "/run/lock"}
"""Folders of a Debian image to which every user may write. None of them has code."""

_MEMORY_UNITS = {"Ki": "k", "Mi": "m", "Gi": "g", "": "b"}


@dataclass(frozen=True)
class Outcome:
    """cold_start_s: from the container's start to the first token. first_p99_s: of a burst at the start."""

    cold_start_s: float
    first_p99_s: float
    peak_mib: float
    stop_s: float


class Trial:
    """Runs images next to the mock: all containers share a network namespace that has the loopback interface alone."""

    def __init__(self, engine: Engine, mock: Build, mock_function: Function, version: str) -> None:
        """version: the template's, which every image and its log must name."""
        self._engine = engine
        self._version = version
        self._mock = mock
        self._mock_function = mock_function
        self._prefix = f"test-image-{os.getpid()}"
        self._network = f"container:{self._prefix}-mock"

    @contextmanager
    def mock_serving(self) -> Iterator[None]:
        """The mock answers. It has no watchdog, because the function's own watchdog needs the metrics port."""
        environment = {
            **self._mock_function.environment,
            **MOCK_PACE,
            "upstream_url": f"http://127.0.0.1:{MOCK_PORT}",
            "fprocess": "",
        }
        command = [self._mock.image, "python", "index.py"]
        with self._container(f"{self._prefix}-mock", ["--network", "none"], environment, command):
            yield

    def run(self, function: Function, build: Build, memory: str, user: int) -> Outcome:
        """The measurements of the image. Raises Problem, which says what is wrong with the image."""
        self._check_writable(build.image, user)
        self._check_label(build.image)
        function = replace(function, environment={**_access(function), **upstream.mock_settings(MOCK_PORT, {})})
        request = Request.of(function)
        with self._secrets(function) as (folder, token):
            options = [
                *("--network", self._network, "--volume", f"{folder}:/var/openfaas/secrets:ro"),
                *("--user", f"{user}:{user}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
                *("--read-only", "--tmpfs", "/tmp"),
                *("--memory", docker_memory(memory), "--memory-swap", docker_memory(memory)),
            ]
            return Outcome(
                self._cold_start(function, build, options, request, token),
                *self._burst(function, build, options, request, token),
                self._stop_in_mid_answer(function, build, options, request, token),
            )

    def _cold_start(self, function: Function, build: Build, options: list[str], request: Request, token: str) -> float:
        client = Client(self._engine, build.image, self._network, request, token, 1)
        with self._function(function, build, options, client) as name:
            (answer,) = client.answers()
            self._check_log(name)
            started = self._engine.run("inspect", "--format", "{{.State.StartedAt}}", name)
            # Docker gives nanoseconds, and Python reads microseconds.
            return answer.first_at - datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", started)).timestamp()

    def _burst(
        self, function: Function, build: Build, options: list[str], request: Request, token: str
    ) -> tuple[float, float]:
        """The 99th percentile of the first bytes' times, and the most memory that the container had, in MiB."""
        client = Client(self._engine, build.image, self._network, request, token, BURST)
        with self._function(function, build, options, client) as name:
            firsts = sorted(answer.first_s or 0.0 for answer in client.answers())
            return firsts[math.ceil(0.99 * BURST) - 1], self._peak_mib(name)

    def _stop_in_mid_answer(
        self, function: Function, build: Build, options: list[str], request: Request, token: str
    ) -> float:
        """How long `docker stop` takes after the first byte of an answer."""
        bytes_per_s = 0
        long_request = request.with_question(LONG_QUESTION)
        if long_request is None:
            settings, path, bytes_per_s = LARGE_FILE
            function = replace(function, environment={**function.environment, **settings})
            long_request = replace(request, path=path)
        client = Client(self._engine, build.image, self._network, long_request, token, 1, bytes_per_s)
        with self._function(function, build, options, client) as name:
            client.wait_for_first_byte()
            began = time.monotonic()
            self._engine.run("stop", "-t", str(GRACE_S), name)
            stop_s = time.monotonic() - began
            client.answers()
            state = json.loads(self._engine.run("inspect", "--format", "{{json .State}}", name))
            if state["ExitCode"] != 0:
                raise Problem(
                    f"the container ended with {state['ExitCode']} (OOMKilled {state['OOMKilled']}), expected 0"
                )
            return stop_s

    @contextmanager
    def _function(self, function: Function, build: Build, options: list[str], client: Client) -> Iterator[str]:
        """Serves the function for a client that waits for it already, and yields the name of its container."""
        name = f"{self._prefix}-function"
        try:
            with self._container(name, options, function.environment, [build.image]):
                yield name
        finally:
            client.end()

    @contextmanager
    def _container(
        self, name: str, options: list[str], environment: Mapping[str, str], command: list[str]
    ) -> Iterator[None]:
        variables = [f"--env={key}={value}" for key, value in environment.items()]
        self._engine.run("run", "--detach", "--name", name, *options, *variables, *command)
        try:
            yield
        except Problem as problem:
            last = "\n".join(self._engine.log(name).splitlines()[-15:])
            raise Problem(f"{problem}\n  its log ends:\n{last}") from None
        finally:
            self._engine.run("rm", "--force", name)

    @contextmanager
    def _secrets(self, function: Function) -> Iterator[tuple[str, str]]:
        """A folder with the function's secrets, readable for every user, and the token that may call, if any."""
        auth_secret = function.environment.get("auth_secret", "")
        token = secrets.token_hex(16) if auth_secret else ""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            for name in {*function.secrets, auth_secret} - {""}:
                Path(folder, name).write_text(f"{token if name == auth_secret else 'mock'}\n")
            yield folder, token

    def _check_writable(self, image: str, user: int) -> None:
        # find fails for a folder that this user cannot read, in which the user cannot change anything either.
        find = "find / -xdev ! -type l -writable 2>/dev/null || true"
        command = [
            "run",
            "--rm",
            "--network",
            "none",
            "--user",
            f"{user}:{user}",
            "--entrypoint",
            "sh",
            image,
            "-c",
            find,
        ]
        writable = sorted(set(self._engine.run(*command).splitlines()) - WRITABLE)
        if writable:
            expected = ", ".join(sorted(WRITABLE))
            raise Problem(
                f"uid {user} can write to {len(writable)} places: {', '.join(writable[:5])}; expected {expected} alone"
            )

    def _check_label(self, image: str) -> None:
        label = "org.opencontainers.image.version"
        value = self._engine.run("image", "inspect", "--format", f'{{{{index .Config.Labels "{label}"}}}}', image)
        if value != self._version:
            raise Problem(f"the label {label} is {value!r}, expected {self._version!r}")

    def _check_log(self, name: str) -> None:
        """The first line and the line of an answer have the version. The latter comes after the answer's last byte."""
        deadline = time.monotonic() + LOG_S
        for expected in (f"faas-stream {self._version} serves ", f'"version": "{self._version}"'):
            while expected not in self._engine.log(name):
                if time.monotonic() > deadline:
                    raise Problem(f"the log has no {expected!r}")
                time.sleep(0.2)

    def _peak_mib(self, name: str) -> float:
        """The most memory that the container has had, page cache included, as its own control group counts it."""
        files = "/sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes"
        return int(self._engine.run("exec", name, "sh", "-c", f"cat {files} 2>/dev/null || true").split()[0]) / 1024**2


def _access(function: Function) -> Mapping[str, str]:
    """The function's environment, opened to all callers if it has no auth_secret: else it would answer 401."""
    return function.environment if "auth_secret" in function.environment else {"access": "open", **function.environment}


def docker_memory(quantity: str) -> str:
    """Kubernetes' 128Mi as Docker's 128m."""
    match = re.fullmatch(r"(\d+)(Ki|Mi|Gi|)", quantity)
    if not match:
        raise Problem(f"stack.yaml: the memory limit {quantity!r} cannot be read: expected a quantity such as 128Mi")
    return match[1] + _MEMORY_UNITS[match[2]]

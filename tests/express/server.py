"""The server of docs/express as a process."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarking import packages
from local.problem import Problem
from tests.platform.deadline import wait_until
from tests.platform.ports import free_port, is_open


def install() -> Path:
    """The server with its packages. Skips the test without Node, except in CI, where that is a failure."""
    try:
        return packages.express()
    except Problem as problem:
        if os.environ.get("CI") == "true":
            pytest.fail(str(problem))
        pytest.skip(str(problem))


@contextmanager
def running(folder: Path, upstream: str, model: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The server's URL and its process, once it listens. model: for both routes."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "OPENAI_API_KEY": "key-of-test",
        "OPENAI_BASE_URL": upstream,
        "OPENAI_MODEL": model,
        "OPENAI_COMPLETION_MODEL": model,
    }
    server = subprocess.Popen(["node", "server.mjs"], cwd=folder, env=environment)  # pytest shows its output
    try:
        wait_until(lambda: server.poll() is not None or is_open(port), "Express listens")
        assert server.poll() is None
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.wait()

"""A Docker engine: one that runs already, or one that is started for this run."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from local.problem import Problem

START_S = 20

# faas-cli passes no network to `docker build`, and an engine without a bridge can build with the host's network only.
_DOCKER = """\
#!/bin/sh
if [ "$1" = build ]; then shift; set -- build --network host "$@"; fi
exec {docker} "$@"
"""


class CannotRunError(Exception):
    """This machine has no Docker engine, or no base images for it. The message says what is missing."""


class Engine:
    """A Docker engine, by its command-line client."""

    def __init__(self, docker: str, environment: dict[str, str], folder: Path) -> None:
        """folder: for a client of our own, first on PATH, if the engine has no bridge network."""
        self.environment = environment
        self._docker = docker
        if "bridge" not in self.run("network", "ls", "--format", "{{.Driver}}").split():
            own = folder / "docker"
            own.write_text(_DOCKER.format(docker=docker))
            own.chmod(0o755)
            self._docker = str(own)
            self.environment = {**environment, "PATH": f"{folder}:{environment.get('PATH', os.defpath)}"}

    def run(self, *arguments: str) -> str:
        """What the client prints. Raises Problem with the last lines that it printed if it fails."""
        command = [self._docker, *arguments]
        result = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode:
            lines = (result.stdout + result.stderr).strip().splitlines()[-15:]
            raise Problem(f"docker {' '.join(arguments[:2])} failed:\n  " + "\n  ".join(lines))
        return result.stdout.strip()

    def succeeds(self, *arguments: str) -> bool:
        try:
            self.run(*arguments)
        except Problem:
            return False
        return True

    def log(self, container: str) -> str:
        """What the container has printed so far, on both of its streams."""
        command = [self._docker, "logs", container]
        return subprocess.run(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ).stdout

    def start(self, stdin: IO[str], *arguments: str) -> subprocess.Popen[str]:
        """The client as a process, whose output can be read while it runs."""
        return subprocess.Popen(
            [self._docker, *arguments],
            env=self.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@contextmanager
def engine(environment: dict[str, str]) -> Iterator[Engine]:
    """The engine that answers, else one that root starts with dockerd. Raises CannotRunError if there is none."""
    docker = shutil.which("docker")
    if docker is None:
        raise CannotRunError("there is no docker command on PATH (Debian, Ubuntu: apt-get install docker.io)")
    with tempfile.TemporaryDirectory(prefix="test-image-") as folder:
        if _answers(docker, environment):
            yield Engine(docker, environment, Path(folder))
            return
        dockerd = shutil.which("dockerd")
        if dockerd is None or os.getuid() != 0:
            raise CannotRunError("no Docker engine answers. Start one, or run this as root where dockerd is installed")
        with _own_engine(docker, dockerd, environment, Path(folder)) as own_environment:
            yield Engine(docker, own_environment, Path(folder))


@contextmanager
def _own_engine(docker: str, dockerd: str, environment: dict[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """The variables with which the client reaches an engine of our own, which is removed with its images on exit."""
    socket = f"unix://{folder}/docker.sock"
    command = [dockerd, "--host", socket, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    # Without a bridge the engine changes neither the machine's addresses nor its packet filter.
    network = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
    log = folder / "dockerd.log"
    own_environment = {**environment, "DOCKER_HOST": socket}
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--pidfile", f"{folder}/pid", *network], env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + START_S
        while not _answers(docker, own_environment):
            if process.poll() is not None or time.monotonic() > deadline:
                last = (log.read_text().strip().splitlines() or ["it printed nothing"])[-1]
                raise CannotRunError(f"dockerd does not start: {last}")
            time.sleep(0.2)
        yield own_environment
    finally:
        process.terminate()
        process.wait()
        # dockerd leaves its network namespaces mounted, and a folder with mounts in it cannot be removed.
        for mount in Path("/proc/self/mounts").read_text().splitlines():
            if (place := mount.split(" ")[1]).startswith(f"{folder}/"):
                subprocess.run(["umount", place], check=True)


def _answers(docker: str, environment: dict[str, str]) -> bool:
    command = [docker, "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0

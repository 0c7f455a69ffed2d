"""Images of functions, built as faas-cli builds them."""

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from images.engine import Engine
from local import template
from local.layout import lay_out
from local.problem import Problem
from local.stack import Function, Stack

PREFIX = "faas-stream-test"
"""Replaces the caller's OPENFAAS_PREFIX in the names of images, so that no image of the caller is overwritten."""


@dataclass(frozen=True)
class Build:
    """An image. rebuild_s: how long a build takes after only the handler has changed."""

    image: str
    build_s: float
    rebuild_s: float
    size_mib: float


class Builder:
    """Builds the functions of one project; with the real faas-cli if FAAS_CLI names it or it is on PATH."""

    def __init__(self, engine: Engine, root: Path, stack: Stack, arguments: Mapping[str, str]) -> None:
        self._engine = engine
        self._root = root
        self._stack = stack
        self._arguments = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        self._faas_cli = shutil.which(engine.environment.get("FAAS_CLI") or "faas-cli")

    def build(self, function: Function) -> Build:
        image = f"{PREFIX}/{function.name}:latest"
        started = time.monotonic()
        if self._faas_cli:
            self._run_faas_cli(self._faas_cli, function)
        else:
            of = template.read(self._root, function.lang)
            self._docker_build(
                lay_out(self._root, self._root / "build", function, of, self._stack.copy, self._engine.environment),
                image,
            )
        built = time.monotonic()
        folder = self._root / "build" / function.name
        with (folder / template.read(self._root, function.lang).handler_folder / "handler.py").open("a") as handler:
            handler.write("# changed\n")
        self._docker_build(folder, image)
        size = int(self._engine.run("image", "inspect", "--format", "{{.Size}}", image))
        return Build(image, built - started, time.monotonic() - built, size / 1024**2)

    def _run_faas_cli(self, program: str, function: Function) -> None:
        command = [program, "build", "-f", "stack.yaml", "--filter", function.name, *self._arguments]
        environment = {**self._engine.environment, "OPENFAAS_PREFIX": PREFIX, "TAG": "latest"}
        result = subprocess.run(command, cwd=self._root, env=environment, capture_output=True, text=True)
        if result.returncode:
            lines = (result.stdout + result.stderr).strip().splitlines()[-25:]
            raise Problem(f"faas-cli build failed for {function.name}:\n  " + "\n  ".join(lines))

    def _docker_build(self, folder: Path, image: str) -> None:
        self._engine.run("build", *self._arguments, "--tag", image, str(folder))

"""`./scripts/test-image [FUNCTION…]`: builds the functions' images, runs each, and prints a table.

For each image and each of two users: what a platform must be able to rely on (`trial.py`), and the image's size, build
times, cold start, time to first token under a burst, peak memory and time to stop.
"""

import os
import random
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from images.bases import build_arguments
from images.building import Build, Builder
from images.engine import CannotRunError, Engine, engine
from images.trial import Trial
from local import stack, template, upstream
from local.problem import Problem
from local.stack import Function, Stack

APP_USER = 12000
DEFAULT_MEMORY = "256Mi"
_COLUMNS = "{:18} {:>9} {:>8} {:>10} {:>6} {:>11} {:>16} {:>18} {:>7}"
_HEAD = (
    "function",
    "image MiB",
    "build s",
    "rebuild s",
    "user",
    "cold start s",
    "first token p99 s",
    "peak MiB of limit",
    "stop s",
)


def test_image(root: Path, names: list[str]) -> int:
    """Builds and runs the named functions, or all. Returns 1 if one fails, 0 if none does or this machine cannot."""
    try:
        with _sigterm_as_exit(), engine(dict(os.environ)) as running:
            return _test_images(running, root, names)
    except CannotRunError as error:
        print(f"Skipped: {error}.")
        return 0


@contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """SIGTERM ends the process like an exception, so that containers and an engine of our own are removed."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _test_images(engine: Engine, root: Path, names: list[str]) -> int:
    its_stack = stack.read(root, {})
    functions = its_stack.pick(names)
    mock = its_stack.functions[upstream.MOCK]
    memory = memory_limits(root, its_stack)
    its_template = template.read(root, mock.lang)
    builder = Builder(engine, root, its_stack, build_arguments(engine, its_template.folder / "Dockerfile"))
    builds: dict[str, Build] = {}
    failures = []
    for function in {entry.name: entry for entry in (*functions, mock)}.values():
        print(f"Building {function.name} …", flush=True)
        builds[function.name] = builder.build(function)
    print(_COLUMNS.format(*_HEAD), flush=True)
    trial = Trial(engine, builds[mock.name], mock, (its_template.folder / "VERSION").read_text().strip())
    with trial.mock_serving():
        for function in functions:
            for user in (APP_USER, random.randint(20_000, 60_000)):
                try:
                    print(_row(trial, function, builds[function.name], memory[function.name], user), flush=True)
                except Problem as problem:
                    failures.append(function.name)
                    print(f"{function.name} as uid {user}: {problem}", flush=True)
    print(f"{len(functions) - len(set(failures))} passed, {len(set(failures))} failed")
    return int(bool(failures))


def _row(trial: Trial, function: Function, build: Build, memory: str, user: int) -> str:
    outcome = trial.run(function, build, memory, user)
    return _COLUMNS.format(
        function.name,
        f"{build.size_mib:.0f}",
        f"{build.build_s:.1f}",
        f"{build.rebuild_s:.1f}",
        user,
        f"{outcome.cold_start_s:.2f}",
        f"{outcome.first_p99_s:.2f}",
        f"{outcome.peak_mib:.0f} of {memory}",
        f"{outcome.stop_s:.1f}",
    )


def memory_limits(root: Path, its_stack: Stack) -> Mapping[str, str]:
    """The memory limit of each function in stack.yaml."""
    entries = stack.load_yaml((root / "stack.yaml").read_text(), "stack.yaml")["functions"]
    return {name: (entries[name].get("limits") or {}).get("memory", DEFAULT_MEMORY) for name in its_stack.functions}

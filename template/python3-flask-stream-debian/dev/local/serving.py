"""`dev/run`, and `./scripts/run`: the functions of a stack file, served on this machine until Ctrl-C."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from local import files, requirements, stack, template, tokens, upstream
from local.plan import Plan, plan
from local.problem import Problem
from local.service import Service
from local.signals import Ended, Signals
from local.stack import Function, Stack
from local.workplace import workplace

LOOK_EVERY_S = 0.25


def run(root: Path, options: argparse.Namespace) -> int:
    """Serves until Ctrl-C. options: see `options.parse`."""
    caller = dict(os.environ)
    its_stack = stack.read(root, caller, options.stack_file)
    planned = plan(root, its_stack, _functions(its_stack, options.functions), options.port, caller)
    signals = Signals()
    with (
        workplace(root) as build,
        tempfile.TemporaryDirectory(prefix="faas-stream-", ignore_cleanup_errors=True) as temporary,
    ):
        services = [
            Service(
                root,
                build,
                its_stack,
                placement,
                caller,
                planned.settings(placement.function, caller),
                Path(temporary),
                signals,
                is_closed=options.closed,
            )
            for placement in planned.placements
        ]
        try:
            requirements.install(root, [file for service in services for file in service.requirements()])
            upstream.place_key(build, mock=bool(planned.mock))
            if tokens.are_needed(caller, is_closed=options.closed):
                tokens.place(root, [placement.function for placement in planned.placements])
            _start(services)
            _introduce(services, planned)
            _follow_files(services, root / options.stack_file)
        except (Ended, BrokenPipeError):
            return 0
        finally:
            signals.ignore()
            _end(services)


def _functions(its_stack: Stack, names: list[str]) -> list[Function]:
    """The named functions, or all that have this template. Prints which others are skipped."""
    picked = its_stack.pick(names)
    others = [function for function in picked if not template.serves(function.lang)]
    served = [function for function in picked if function not in others]
    listed = ", ".join(f"{function.name} ({function.lang or 'an image'})" for function in others)
    if (names and others) or not served:
        raise Problem(
            f"{listed}: expected functions with `lang: {template.LANGUAGE}`, which this serves; "
            "faas-cli local-run serves the others, with Docker"
        )
    if others:
        print(f"Skipped: {listed}, because this serves only `lang: {template.LANGUAGE}`.", flush=True)
    return served


def _start(services: list[Service]) -> None:
    for service in services:
        service.start()
    for service in services:
        service.wait()


def _introduce(services: list[Service], planned: Plan) -> None:
    lines = [""]
    if planned.mock:
        lines += [f"No key in .secrets/{upstream.KEY}: answers come from {upstream.MOCK}.", ""]
    for service in services:
        lines += service.introduction()
    print("\n".join([*lines, "", "Changed files restart their function. Ctrl-C ends all."]), flush=True)


def _follow_files(services: list[Service], stack_file: Path) -> NoReturn:
    stack_seen = files.snapshot(stack_file)
    while True:
        time.sleep(LOOK_EVERY_S)
        for service in services:
            service.report_exit()
            try:
                service.follow_files()
            except Problem as problem:
                print(f"{service.name}: {problem}", file=sys.stderr)
        stack_now = files.snapshot(stack_file)
        if stack_now != stack_seen:
            print(f"{stack_file.name} changed: end this with Ctrl-C and run it again to use it", flush=True)
        stack_seen = stack_now


def _end(services: list[Service]) -> None:
    for service in services:
        service.terminate()
    for service in services:
        service.stop()

"""`./scripts/run`: the functions of stack.yaml, served on this machine until Ctrl-C."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from local import files, requirements, stack, upstream
from local.plan import Plan, plan
from local.problem import Problem
from local.service import Service
from local.signals import Ended, Signals

LOOK_EVERY_S = 0.25


def run(root: Path, arguments: list[str]) -> int:
    options = _options(arguments)
    caller = dict(os.environ)
    its_stack = stack.read(root, caller)
    planned = plan(root, its_stack, its_stack.pick(options.functions), options.port, caller)
    signals = Signals()
    with tempfile.TemporaryDirectory(prefix="faas-stream-", ignore_cleanup_errors=True) as temporary:
        services = [
            Service(
                root,
                its_stack,
                seat,
                caller,
                planned.settings(seat.function, caller),
                Path(temporary),
                signals,
                is_closed=options.closed,
            )
            for seat in planned.seats
        ]
        try:
            requirements.install(root, [file for service in services for file in service.requirements()])
            upstream.place_key(root, mock=bool(planned.mock))
            _start(services)
            _tell(services, planned)
            _keep(services, root / "stack.yaml")
        except (Ended, BrokenPipeError):
            return 0
        finally:
            signals.ignore()
            _end(services)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/run",
        description="Serves functions of stack.yaml on this machine, each on a port of its own, and restarts a "
        "function when its files change. Without a key in .secrets/openai-api-key, answers come from mock-openai.",
        epilog="Variables of your environment win over those in stack.yaml. OF_WATCHDOG names of-watchdog where it is "
        "not on PATH; set it empty to do without.",
    )
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="default: all of stack.yaml")
    parser.add_argument("--port", type=_port, default=8080, metavar="N", help="the first one's port (default: 8080)")
    parser.add_argument(
        "--closed", action="store_true", help="ask callers for a token, as a cluster does (default: everyone may call)"
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65000")
    return int(text)


def _start(services: list[Service]) -> None:
    for service in services:
        service.start()
    for service in services:
        service.wait()


def _tell(services: list[Service], planned: Plan) -> None:
    lines = [""]
    if planned.mock:
        lines += [f"No key in .secrets/{upstream.KEY}: answers come from {upstream.MOCK}.", ""]
    for service in services:
        lines += service.introduction()
    print("\n".join([*lines, "", "Changed files restart their function. Ctrl-C ends all."]), flush=True)


def _keep(services: list[Service], stack_file: Path) -> NoReturn:
    stack_seen = files.snapshot(stack_file)
    while True:
        time.sleep(LOOK_EVERY_S)
        for service in services:
            service.report_death()
            try:
                service.follow_files()
            except Problem as problem:
                print(f"{service.name}: {problem}", file=sys.stderr)
        stack_now = files.snapshot(stack_file)
        if stack_now != stack_seen:
            print("stack.yaml changed: end this with Ctrl-C and run it again to use it", flush=True)
        stack_seen = stack_now


def _end(services: list[Service]) -> None:
    for service in services:
        service.terminate()
    for service in services:
        service.stop()

"""The arguments of `run`, and the stack file that they name."""

import argparse
from pathlib import Path

from local.problem import Problem

STACK_FILES = ("stack.yaml", "stack.yml")
"""In faas-cli's order."""


def parse(root: Path, arguments: list[str], program: str) -> argparse.Namespace:
    """`functions`, `port`, `closed` and `stack_file`. Raises Problem if there is no stack file."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serves functions of stack.yaml on this machine, each on a port of its own, and restarts a "
        "function when its files change. Without a key in .secrets/openai-api-key, answers come from mock-openai.",
        epilog="Variables of your environment win over those in stack.yaml. OF_WATCHDOG names of-watchdog if it is "
        "not on PATH; set it empty to do without of-watchdog.",
    )
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="default: all of the stack file")
    parser.add_argument("--port", type=_port, default=8080, metavar="N", help="the first one's port (default: 8080)")
    parser.add_argument(
        "--closed",
        action="store_true",
        help="ask callers for a token of .secrets/callers, which is made if it is missing (default: everyone may call)",
    )
    parser.add_argument("-f", "--yaml", metavar="FILE", help="the stack file (default: stack.yaml, then stack.yml)")
    options = parser.parse_args(arguments)
    options.stack_file = _stack_file(root, options.yaml)
    return options


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65000")
    return int(text)


def _stack_file(root: Path, option: str | None) -> str:
    for name in [option] if option else STACK_FILES:
        if (root / name).is_file():
            return name
    raise Problem(
        f"there is no {option or STACK_FILES[0]} in {root}: run this in the folder that has it, as you run faas-cli, "
        "or make a function with faas-cli new"
    )

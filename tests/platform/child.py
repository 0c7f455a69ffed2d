"""The process behind a watchdog, in one of several roles: `python -S child.py <role> [argument ...]`.

It serves nothing. It prints `<role> is ready` if a test must wait for that.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path


def ignore_term() -> None:
    """Ignores SIGTERM, as a server that drains does."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("ignore_term is ready")
    signal.pause()


def exit_on_term() -> None:
    """Exits with 0 at SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    say("exit_on_term is ready")
    signal.pause()


def count_terms() -> None:
    """Prints the number of SIGTERMs so far at each one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    say("count_terms is ready")
    for number in count(1):
        signal.sigwait({signal.SIGTERM})
        say(f"SIGTERM number {number}")


def end(code: str) -> None:
    """Exits with this code, at once."""
    sys.exit(int(code))


def outlive(note: str) -> None:
    """Ignores SIGTERM, and writes a note when its stdin ends."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("outlive is ready")
    sys.stdin.read()
    Path(note).write_text("stdin has ended")


def echo(*arguments: str) -> None:
    """Prints its arguments, and the GREETING of its environment."""
    say(f"arguments {list(arguments)!r}")
    say(f"greeting {os.environ['GREETING']!r}")
    signal.pause()


def speak() -> None:
    """Prints one line on stdout and one on stderr."""
    say("said on stdout")
    print("said on stderr", file=sys.stderr, flush=True)
    signal.pause()


def say_long(size: str) -> None:
    """Prints a line of this many bytes and then 200 lines of 1 KiB on stdout, and counts the latter on stderr."""
    say("x" * int(size))
    for number in range(1, 201):
        say("y" * 1023)
        print(f"{number} KiB written", file=sys.stderr, flush=True)
    signal.pause()


def end_without_newline() -> None:
    """Prints two lines on stdout, the second without a line break, and then closes stdout."""
    os.write(1, b"a whole line\nno newline")
    os.close(1)
    print("stdout is closed", file=sys.stderr, flush=True)
    signal.pause()


def say(line: str) -> None:
    print(line, flush=True)


ROLES = [ignore_term, exit_on_term, count_terms, end, outlive, echo, speak, say_long, end_without_newline]

if __name__ == "__main__":
    {role.__name__: role for role in ROLES}[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]

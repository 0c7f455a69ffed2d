"""The process behind a watchdog, in the contract suite's roles: `python -S child.py <role> [argument ...]`.

It serves nothing. On stdout it says `<role> is ready` where the test has something to wait for.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path


def ignore_term() -> None:
    """Stays, whatever the watchdog hands on, as a server that drains does."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("ignore_term is ready")
    signal.pause()


def leave_on_term() -> None:
    """Ends well when it is told to."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    say("leave_on_term is ready")
    signal.pause()


def count_terms() -> None:
    """Says how many SIGTERMs have come."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    say("count_terms is ready")
    for number in count(1):
        signal.sigwait({signal.SIGTERM})
        say(f"SIGTERM number {number}")


def end(code: str) -> None:
    """Ends with a code, at once."""
    sys.exit(int(code))


def outlive(note: str) -> None:
    """Ignores SIGTERM, and writes a note when its stdin ends."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("outlive is ready")
    sys.stdin.read()
    Path(note).write_text("stdin has ended")


def echo(*arguments: str) -> None:
    """Says its arguments, and the GREETING of its environment."""
    say(f"arguments {list(arguments)!r}")
    say(f"greeting {os.environ['GREETING']!r}")
    signal.pause()


def speak() -> None:
    """One line on each stream."""
    say("said on stdout")
    print("said on stderr", file=sys.stderr, flush=True)
    signal.pause()


def say_long(size: str) -> None:
    """A line of so many bytes without its newline, then 200 lines of 1 KiB, all on stdout; counts these on stderr."""
    say("x" * int(size))
    for number in range(1, 201):
        say("y" * 1023)
        print(f"{number} KiB written", file=sys.stderr, flush=True)
    signal.pause()


def end_without_newline() -> None:
    """Two lines on stdout, the second without an end, and then the end of stdout itself."""
    os.write(1, b"a whole line\nno newline")
    os.close(1)
    print("stdout is closed", file=sys.stderr, flush=True)
    signal.pause()


def say(line: str) -> None:
    print(line, flush=True)


ROLES = [ignore_term, leave_on_term, count_terms, end, outlive, echo, speak, say_long, end_without_newline]

if __name__ == "__main__":
    {role.__name__: role for role in ROLES}[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]

"""Commands to start behind a watchdog."""

from pathlib import Path
from typing import TypedDict

# Waits for input that never comes, and ends at SIGTERM: for tests in which the process does not matter.
PLACEHOLDER = "cat"


class Command(TypedDict):
    command: str
    cwd: Path


def child(role: str) -> Command:
    """The arguments that start `child.py` in a role: `watchdog.start(**child("ignore_term"))`."""
    return {"command": f"python -S child.py {role}", "cwd": Path(__file__).parent}

"""Commands to start behind a watchdog."""

from pathlib import Path
from typing import TypedDict

# Reads what never comes, and dies by SIGTERM: for those tests in which the process does not matter.
PLACEHOLDER = "cat"


class Command(TypedDict):
    command: str
    cwd: Path


def child(role: str) -> Command:
    """What starts `child.py` in a role: `watchdog.start(**child("ignore_term"))`."""
    return {"command": f"python -S child.py {role}", "cwd": Path(__file__).parent}

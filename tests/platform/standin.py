"""The stand-in for of-watchdog, built from `watchdog/` with Go."""

import shutil
from pathlib import Path

from tests.platform import go_program

_SOURCES = Path(__file__).parent / "watchdog"


def why_missing() -> str | None:
    """Why the stand-in cannot be built on this machine, and what fixes that; None if it can be built."""
    if shutil.which("go"):
        return None
    return (
        "go is not on PATH, and the stand-in for of-watchdog is built with it: "
        "install Go 1.19 or later (apt-get install golang-go)"
    )


def build() -> Path:
    """The stand-in's binary."""
    return go_program.build(_SOURCES)

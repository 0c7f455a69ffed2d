"""The stand-in for of-watchdog, built from `watchdog/` with Go."""

import shutil
from pathlib import Path

from tests.platform import go_program

_SOURCES = Path(__file__).parent / "watchdog"


def why_missing() -> str | None:
    """Why there can be no stand-in on this machine, and what mends it; None where it can be built."""
    if shutil.which("go"):
        return None
    return (
        "go is not on PATH, and the stand-in for of-watchdog is built with it: "
        "install Go 1.19 or later (apt-get install golang-go)"
    )


def build() -> Path:
    """The stand-in's binary."""
    return go_program.build(_SOURCES)

"""Real streams of several providers. They are not in this repository, and a test that plays them is skipped without."""

import os
from pathlib import Path

import pytest

from tests.project import ROOT

FOLDER = Path(os.environ.get("RECORDINGS") or ROOT.parent / "shared" / "recordings")
NAMES = sorted(path.stem for path in FOLDER.glob("*.sse"))

needs_recordings = pytest.mark.skipif(
    not NAMES, reason=f"no recorded streams in {FOLDER}; RECORDINGS names their folder"
)


def recording(name: str) -> bytes:
    return (FOLDER / f"{name}.sse").read_bytes()

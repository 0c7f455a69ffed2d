"""The stand-in for of-watchdog, built from `watchdog/` with Go and kept in `.cache/` until its sources change."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parent / "watchdog"
CACHE = Path(__file__).parents[2] / ".cache"


def why_missing() -> str | None:
    """Why there can be no stand-in on this machine, and what mends it; None where it can be built."""
    if shutil.which("go"):
        return None
    return (
        "go is not on PATH, and the stand-in for of-watchdog is built with it: "
        "install Go 1.19 or later (apt-get install golang-go)"
    )


@cache
def build() -> Path:
    """The stand-in's binary."""
    binary = CACHE / f"watchdog-{_fingerprint()}" / "watchdog"
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        (CACHE / ".gitignore").write_text("*\n")
        # Built aside and renamed: another test run may build the same, or run it.
        with tempfile.TemporaryDirectory(dir=CACHE) as aside:
            _go("build", "-trimpath", "-buildvcs=false", "-o", f"{aside}/watchdog", ".")
            os.replace(f"{aside}/watchdog", binary)
    return binary


def _fingerprint() -> str:
    digest = hashlib.sha256(_go("version").encode())
    for source in sorted(SOURCES.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _go(*arguments: str) -> str:
    # The toolchain at hand, nothing fetched, and no C compiler needed.
    offline = {"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
    done = subprocess.run(
        ["go", *arguments],
        cwd=SOURCES,
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"go {' '.join(arguments)} failed in {SOURCES}:\n{done.stderr}")
    return done.stdout

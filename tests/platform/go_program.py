"""Builds Go programs when they are needed, each from one folder, and keeps them in `.cache/` until that changes."""

import hashlib
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"


@cache
def build(sources: Path) -> Path:
    """The binary of the program whose sources these are; its name is the folder's."""
    name = sources.name
    binary = CACHE / f"{name}-{_fingerprint(sources)}" / name
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        (CACHE / ".gitignore").write_text("*\n")
        # Built in another folder and then moved: another test run may build the same program, or run it.
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            _go(sources, "build", "-trimpath", "-buildvcs=false", "-o", f"{folder}/{name}", ".")
            os.replace(f"{folder}/{name}", binary)
    return binary


def _fingerprint(sources: Path) -> str:
    digest = hashlib.sha256(_go(sources, "version").encode())
    for source in sorted(sources.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _go(sources: Path, *arguments: str) -> str:
    # Uses the installed toolchain, downloads nothing, and needs no C compiler.
    offline = {"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
    result = subprocess.run(
        ["go", *arguments],
        cwd=sources,
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"go {' '.join(arguments)} failed in {sources}:\n{result.stderr}")
    return result.stdout

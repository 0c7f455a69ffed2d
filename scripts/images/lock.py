"""`./scripts/lock`: the template's own requirements with hashes, for every Python and machine that it supports."""

import re
import shutil
import tempfile
from pathlib import Path

from local.problem import Problem
from project import uv

PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")

# Both mean Linux with glibc 2.28 or newer, which every supported Debian and Ubuntu has.
PLATFORMS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}


def lock(root: Path) -> int:
    """Writes requirements.lock of every template that has one. Raises Problem if a wheel is missing."""
    uv.install(root)
    for locked in sorted(root.glob("template/*/requirements.lock")):
        write(locked)
        name = locked.relative_to(root)
        print(f"{name}: {_count(locked)} packages for Python {', '.join(PYTHON_VERSIONS)} on {' and '.join(PLATFORMS)}")
    return 0


def write(locked: Path) -> None:
    """Locks the requirements.txt in the same folder. Raises Problem, and leaves the old lock, if a wheel is missing."""
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder, locked.name)
        uv.run(
            locked.parent,
            # One release of each package for all Pythons and machines, and the newest that requirements.txt allows.
            *("pip", "compile", "requirements.txt", "--universal", "--python-version", PYTHON_VERSIONS[0]),
            *("--fork-strategy", "fewest", "--upgrade", "--generate-hashes"),
            *("--custom-compile-command", "./scripts/lock", "--output-file", str(new)),
        )
        for python_version in PYTHON_VERSIONS:
            for machine, platform in PLATFORMS.items():
                _check_wheels(new, Path(folder, "target"), python_version, machine, platform)
        shutil.copyfile(new, locked)


def _check_wheels(locked: Path, target: Path, python_version: str, machine: str, platform: str) -> None:
    try:
        uv.run(
            locked.parent,
            *("pip", "install", "--dry-run", "--require-hashes", "--only-binary", ":all:", "--target", str(target)),
            *("--python-version", python_version, "--python-platform", platform, "-r", locked.name),
        )
    except Problem as problem:
        raise Problem(f"the lock does not install on Python {python_version}, {machine}: {problem}") from None


def _count(locked: Path) -> int:
    return len(re.findall(r"^\S+==", locked.read_text(), re.MULTILINE))

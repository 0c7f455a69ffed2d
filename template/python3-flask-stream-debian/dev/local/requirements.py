"""Installs requirements files in the virtual environment, with one pip call, and only if they have changed."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from local.lock import locked
from local.problem import Problem


class Installed:
    """The record of what pip has installed: the path of each requirements file and the digest of its content."""

    def __init__(self, venv: Path) -> None:
        self._path = venv / "requirements.json"

    def exists(self) -> bool:
        return self._path.exists()

    def read(self) -> dict[str, str]:
        try:
            recorded: dict[str, str] = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return recorded

    def write(self, digests: Mapping[str, str]) -> None:
        new = self._path.with_name(f"requirements.{os.getpid()}.json")
        new.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n")
        new.replace(self._path)


def are_installed(root: Path, files: Iterable[Path]) -> bool:
    return not _new(_digests(root, files), Installed(Path(sys.prefix)).read())


def install(root: Path, files: Collection[Path]) -> None:
    """Installs all `files`, together with those of earlier calls, so that the releases fit all of them."""
    if are_installed(root, files):
        return
    venv = Path(sys.prefix)
    installed = Installed(venv)
    required = _digests(root, files)
    with locked(venv):  # of two runs at a time, one installs
        recorded = installed.read()
        new = _new(required, recorded)
        if not new:
            return
        print(f"Installing {', '.join(new)} …", flush=True)
        everything = _digests(root, (root / path for path in recorded)) | required
        _pip_install(root, list(everything), new)
        installed.write(everything)


def _new(required: Mapping[str, str], recorded: Mapping[str, str]) -> list[str]:
    # Contents are compared, so the requirements that `faas-cli new` copies into each function are installed once.
    return [path for path, digest in required.items() if digest not in recorded.values()]


def _digests(root: Path, files: Iterable[Path]) -> dict[str, str]:
    contents = {os.path.relpath(file, root): file.read_text() for file in files if file.is_file()}
    return {path: hashlib.sha256(text.encode()).hexdigest() for path, text in contents.items() if _is_used(text)}


def _is_used(text: str) -> bool:
    """True if the file has a line that is not a comment."""
    lines = (line.strip() for line in text.splitlines())
    return any(line and not line.startswith("#") for line in lines)


def _pip_install(root: Path, paths: list[str], new: list[str]) -> None:
    arguments = [argument for path in paths for argument in ("-r", path)]
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *arguments]
    result = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode == 0:
        return
    log = Path(sys.prefix, "pip.log")
    log.write_text(result.stdout)
    errors = [
        line.removeprefix("ERROR:").strip(" .") for line in result.stdout.splitlines() if line.startswith("ERROR:")
    ]
    reason = errors[-1] if errors else f"exit code {result.returncode}"
    offline = " (is there a network?)" if "connection" in result.stdout.lower() else ""
    raise Problem(
        f"pip could not install {', '.join(new)}: {reason}{offline}. All it said is in {os.path.relpath(log, root)}"
    )

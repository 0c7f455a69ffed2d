"""Snapshots of folders, to see what has changed in them."""

import os
from pathlib import Path

_NOT_SOURCES = ("__pycache__", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache")

Snapshot = dict[str, tuple[int, int]]


def snapshot(*places: Path) -> Snapshot:
    """The time of the last change and the size of every file in `places`, which are folders or files.

    Symbolic links to folders are followed, as they are when a function is laid out.
    """
    entries: Snapshot = {}
    seen: set[str] = set()
    for place in places:
        _note(entries, str(place))
        for folder, folders, names in os.walk(place, followlinks=True):
            if (real := os.path.realpath(folder)) in seen:  # a link to a folder above it
                folders.clear()
                continue
            seen.add(real)
            folders[:] = [name for name in folders if name not in _NOT_SOURCES]
            for name in names:
                _note(entries, os.path.join(folder, name))
    return entries


def _note(entries: Snapshot, path: str) -> None:
    try:
        status = os.stat(path)
    except OSError:
        return  # gone since it was listed
    entries[path] = (status.st_mtime_ns, status.st_size)


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    """The names of the files that were added, removed or changed; of folders only if no file was."""
    paths = sorted({path for path, _ in before.items() ^ after.items()})
    files = [path for path in paths if not os.path.isdir(path)]
    return [os.path.basename(path) for path in files or paths]

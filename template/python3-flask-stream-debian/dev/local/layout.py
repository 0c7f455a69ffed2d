"""A build folder, file by file and mode by mode as `faas-cli build --shrinkwrap` lays it out.

The whole template is copied, then the handler into its handler folder, then the stack's `copy` paths. Symbolic links
become what they point to. Modes of files are kept; folders made for the build are private (0700) unless CI is `true` or
`1`.
"""

import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from local.problem import Problem
from local.stack import Function
from local.template import Template

NEVER_COPIED = ("build", "template")


def lay_out(
    root: Path, build: Path, function: Function, template: Template, copy: Iterable[str], variables: Mapping[str, str]
) -> Path:
    """The folder that was laid out, build/<function>; what was there before is gone."""
    folder = build / function.name
    handler_folder = folder / template.handler_folder
    handler = root / function.handler
    if not handler.is_dir():
        raise Problem(f"function {function.name!r}: its handler folder {function.handler} does not exist")
    try:
        if folder.exists():
            shutil.rmtree(folder)
        _make_folders(handler_folder, 0o777 if variables.get("CI") in ("true", "1") else 0o700)
        _copy(template.folder, folder)
        for entry in handler.iterdir():
            if entry.name not in NEVER_COPIED:
                _copy(entry, handler_folder / entry.name)
        for extra in copy:
            _copy(_inside(root, extra), Path(f"{handler_folder}/{extra}"))
    except OSError as error:
        raise Problem(
            f"function {function.name!r} could not be laid out in {os.path.relpath(build, root)}/: {error}"
        ) from None
    return folder


def _inside(root: Path, extra: str) -> Path:
    path = Path(os.path.normpath(root / extra))
    if path == root or not path.is_relative_to(root):
        raise Problem(f"configuration.copy names {extra!r}, which is not a path inside the project")
    return path


def _make_folders(path: Path, mode: int) -> None:
    # Path.mkdir gives its mode to the last folder only; here every new one gets it.
    if not path.is_dir():
        _make_folders(path.parent, mode)
        path.mkdir(mode)


def _copy(source: Path, target: Path) -> None:
    mode = stat.S_IMODE(source.stat().st_mode)
    if source.is_dir():
        _make_folders(target, mode)
        for entry in source.iterdir():
            _copy(entry, target / entry.name)
    else:
        _make_folders(target.parent, 0o755)
        shutil.copyfile(source, target)
        target.chmod(mode)

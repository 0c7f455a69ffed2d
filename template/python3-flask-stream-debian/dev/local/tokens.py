"""The tokens that may call the functions of this machine, if callers need one."""

import os
import secrets
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from local.stack import Function


def are_needed(caller: Mapping[str, str], *, is_closed: bool) -> bool:
    """True if callers need a token: with --closed, or if the environment has an `access` other than open, even ""."""
    return caller.get("access", "" if is_closed else "open") != "open"


def place(root: Path, functions: Iterable[Function]) -> None:
    """Writes a new token to .secrets/<auth_secret> for every function whose auth_secret has no file."""
    for name in sorted({function.environment.get("auth_secret", "") for function in functions} - {""}):
        path = root / ".secrets" / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"{secrets.token_hex(32)}\n")
            print(f"A new token is in .secrets/{name}: functions with auth_secret: {name} ask their callers for it.")


def with_token(command: str, root: Path, function: Function) -> str:
    """A curl command that sends the first token of the function's secret; the command as it is for other functions."""
    name = function.environment.get("auth_secret", "")
    path = shlex.quote(os.path.relpath(root / ".secrets" / name))
    header = f"""-H "Authorization: Bearer $(awk '/^[^#]/ {{print $1; exit}}' {path})\""""
    return command.replace("curl -sN ", f"curl -sN {header} ", 1) if name else command

"""Secrets, as OpenFaaS mounts them: one file each."""

import os
from collections.abc import Callable, Generator, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

MOUNT = Path("/var/openfaas/secrets")


class MissingSecretError(LookupError):
    """A secret has no file, or its file is no text. The message names the path and the command that fixes it."""


_SOURCE: Callable[[str], str | None] | None = None


def replace_source(source: Callable[[str], str | None] | None) -> None:
    """Reads each secret from `source` instead of a file, for `faas_stream.testing`.

    source: returns the text of the secret with this name, None for a secret that is missing. None: the files again.
    """
    global _SOURCE
    _SOURCE = source


def mounted() -> tuple[str, ...]:
    """The names of the secrets that OpenFaaS has mounted."""
    if not MOUNT.is_dir():
        return ()
    return tuple(sorted(path.name for path in MOUNT.iterdir() if not path.name.startswith(".") and path.is_file()))


def secret(name: str) -> str:
    """The text of the secret `name`, without the newline that `faas-cli secret create --from-file` keeps (T14).

    Read from /var/openfaas/secrets, and outside of a cluster from the nearest `.secrets` folder, from the working
    directory upwards, as `faas-cli local-run` mounts it. Read again at each call, so that a rotated secret needs no
    restart. A byte-order mark, which editors on Windows write, is removed. Raises MissingSecretError, and ValueError
    for a name that cannot be a file's.
    """
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"secret name {name!r} is not valid: expected lower-case letters, digits, '-' and '.'")
    if _SOURCE is not None:
        if (text := _SOURCE(name)) is not None:
            return text
        raise MissingSecretError(f"secret {name!r} is missing in this test: its `secrets` have None for it")
    for folder in _folders():
        path = f"{folder}/{name}"
        try:
            file = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        return _text(path, (file.st_mtime_ns, file.st_ino, file.st_size))
    raise MissingSecretError(
        f"secret {name!r} was not found: tried {MOUNT / name} and .secrets/{name} in {Path.cwd()} and above. "
        f"Create it with `faas-cli secret create {name} --from-file=.secrets/{name}` and list it under the function's "
        f"`secrets:` in stack.yaml; on your own machine, write it to .secrets/{name}."
    )


def _folders() -> Iterator[Path | str]:
    yield MOUNT
    here = os.getcwd()
    yield f"{here}/.secrets"
    for parent in Path(here).parents:
        yield parent / ".secrets"


@lru_cache(maxsize=64)
def _text(path: str, version: tuple[int, int, int]) -> str:  # noqa: ARG001 - a changed file is read again
    """Cached, because every request reads keys and tokens, sometimes in the event loop."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        problem, fix = "a file that is not UTF-8", "save it as UTF-8"
    except OSError as error:
        problem, fix = f"what cannot be read ({error.strerror})", "make it a file that the function's user may read"
    raise MissingSecretError(f"secret {Path(path).name!r}: found {problem} at {path}, expected text in UTF-8: {fix}.")


class _SecretSource:
    """A secret that is read at each call, for the `api_key` of an SDK's client."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self) -> "_Key":
        return _Key(secret(self._name))


class _Key(str):
    """A key that may be awaited too: OpenAI's async clients await what their `api_key` returns."""

    def __await__(self) -> Generator[Any, None, str]:
        return str(self)
        yield


def secret_source(name: str) -> Callable[[], Any]:
    """`secret(name)` as a callable for `api_key=`, of OpenAI's sync and async clients, Azure's, and ChatOpenAI.

    Importing a handler needs no secret then, and a rotated key is used without a restart. Calling it raises
    MissingSecretError if there is no such secret.
    """
    return _SecretSource(name)

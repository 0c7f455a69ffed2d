"""Secrets, as OpenFaaS mounts them: one file each."""

from pathlib import Path

MOUNT = Path("/var/openfaas/secrets")


class MissingSecretError(LookupError):
    """A secret has no file. The message names the paths tried and the command that creates it."""


def secret(name: str) -> str:
    """The text of the secret `name`, without the newline that `faas-cli secret create --from-file` keeps (T14).

    Read from /var/openfaas/secrets, and outside of a cluster from the nearest `.secrets` folder, from the working
    directory upwards, as `faas-cli local-run` mounts it. Read again at each call, so that a rotated secret counts.
    Raises MissingSecretError, and ValueError for a name that is not one file's.
    """
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"secret name {name!r} is not valid: expected lower-case letters, digits, '-' and '.'")
    here = Path.cwd()
    for folder in (MOUNT, *(parent / ".secrets" for parent in (here, *here.parents))):
        try:
            return (folder / name).read_text(encoding="utf-8").rstrip("\r\n")
        except (FileNotFoundError, NotADirectoryError):
            continue
    raise MissingSecretError(
        f"secret {name!r} was not found: tried {MOUNT / name} and .secrets/{name} in {here} and above. "
        f"Create it with `faas-cli secret create {name} --from-file=.secrets/{name}` and list it under the function's "
        f"`secrets:` in stack.yaml; on your own machine, write it to .secrets/{name}."
    )

"""The variables of one function's process.

Later ones win: what the image sets, stack.yaml's `environment`, its `environment_file`s, the caller's environment, and
`here`, what only this machine knows (ports, folders).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from local.problem import Problem
from local.stack import Function, load_yaml
from local.template import Template

# Each would win over what is set here, and `fprocess` alone tells a function that it stands behind a watchdog.
_SETTLED_HERE = ("http_upstream_url", "function_process", "fprocess")


def compose(
    root: Path, function: Function, template: Template, caller: Mapping[str, str], here: Mapping[str, str],
    *, is_closed: bool = False,
) -> dict[str, str]:  # fmt: skip
    """is_closed: callers need a token as they do in a cluster; otherwise everyone on this machine may call."""
    variables = {
        **template.image_settings,
        **function.environment,
        **_from_files(root, function),
        **caller,
        "OPENFAAS_NAME": function.name,
        # Nothing is mounted here, so the template learns from this which functions hold a secret.
        "mounted_secrets": " ".join(function.secrets),
        "VIRTUAL_ENV": str(root / ".venv"),
        "PATH": os.pathsep.join([str(root / ".venv/bin"), caller.get("PATH", os.defpath)]),
    }
    if "access" not in caller:
        variables["access"] = "" if is_closed else "open"
    for name in _SETTLED_HERE:
        variables.pop(name, None)
    return {**variables, **here}


def _from_files(root: Path, function: Function) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name in function.environment_file:
        try:
            text = (root / name).read_text()
        except OSError:
            raise Problem(f"stack.yaml: function {function.name!r} names {name}, which cannot be read") from None
        variables |= load_yaml(text, name).get("environment") or {}
    return variables

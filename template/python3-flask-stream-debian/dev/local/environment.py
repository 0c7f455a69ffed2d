"""The variables of one function's process.

Later ones win: what the image sets, stack.yaml's `environment`, its `environment_file`s, the caller's environment, and
`here`, what only this machine knows (ports, folders).
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local.problem import Problem
from local.stack import Function, load_yaml
from local.template import Template
from local.upstream import MOCK

# Each of these would override what is set here, and a function takes `fprocess` to mean that it runs behind a watchdog.
_SETTLED_HERE = ("http_upstream_url", "function_process", "fprocess")

_FOR_MOCK = ("mock_", "LC_", "PYTHON", "LD_", "DYLD_")
_FOR_EVERY_PROGRAM = ("PATH", "HOME", "LANG", "TZ", "USER", "LOGNAME", "SHELL", "TMPDIR")


def compose(
    root: Path, function: Function, template: Template, caller: Mapping[str, str], here: Mapping[str, str],
    *, is_closed: bool = False,
) -> dict[str, str]:  # fmt: skip
    """The variables. is_closed: callers need a token, as in a cluster; otherwise everyone on this machine may call."""
    if function.name == MOCK:
        caller = _for_mock(caller)
    variables = {
        **template.image_settings,
        **function.environment,
        **_from_files(root, function),
        **caller,
        "OPENFAAS_NAME": function.name,
        # Nothing is mounted here, so the template learns from this which functions hold a secret.
        "mounted_secrets": " ".join(function.secrets),
        "VIRTUAL_ENV": sys.prefix,
        "PATH": os.pathsep.join([f"{sys.prefix}/bin", caller.get("PATH", os.defpath)]),
    }
    if "access" not in caller:
        variables["access"] = "" if is_closed else "open"
    for name in _SETTLED_HERE:
        variables.pop(name, None)
    return {**variables, **here}


def _for_mock(caller: Mapping[str, str]) -> dict[str, str]:
    """The mock's own settings, and what any program needs.

    The caller's settings are meant for functions. If the mock had them, it would refuse the functions (auth_secret,
    max_streams) or end its answers (write_timeout).
    """
    return {name: value for name, value in caller.items() if name.startswith(_FOR_MOCK) or name in _FOR_EVERY_PROGRAM}


def _from_files(root: Path, function: Function) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name in function.environment_file:
        try:
            text = (root / name).read_text()
        except OSError:
            raise Problem(f"function {function.name!r}: its environment_file {name} cannot be read") from None
        variables |= load_yaml(text, name).get("environment") or {}
    return variables

"""Finds of-watchdog on this machine.

It serves metrics on port 8081, which no setting changes, and ends if that port is taken. So only one function of a
machine can run behind it at a time.
"""

import shutil
from collections.abc import Mapping

from local.problem import Problem

METRICS_PORT = 8081


def find(variables: Mapping[str, str]) -> str | None:
    """Its path, from `OF_WATCHDOG`, else from PATH; None if `OF_WATCHDOG` is empty or there is no of-watchdog."""
    name = variables.get("OF_WATCHDOG")
    if name == "":
        return None
    path = shutil.which(name or "of-watchdog")
    if name and not path:
        raise Problem(f"OF_WATCHDOG names {name!r}, which is not a program; unset it, or set it to of-watchdog's path")
    return path

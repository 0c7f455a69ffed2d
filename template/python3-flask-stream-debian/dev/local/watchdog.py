"""of-watchdog, where this machine has it.

It serves metrics on port 8081, which no setting changes, and ends when that port is taken: of the functions of one
machine, one at a time can stand behind it.
"""

import shutil
from collections.abc import Mapping

from local.problem import Problem

METRICS_PORT = 8081


def find(variables: Mapping[str, str]) -> str | None:
    """Its path: as `OF_WATCHDOG` names it (empty: none is wanted), else from PATH."""
    named = variables.get("OF_WATCHDOG")
    if named == "":
        return None
    found = shutil.which(named or "of-watchdog")
    if named and not found:
        raise Problem(f"OF_WATCHDOG names {named!r}, which is not a program; unset it, or set it to of-watchdog's path")
    return found

"""How many threads the container allows, and so how many answers at a time."""

from contextlib import suppress
from pathlib import Path

from faas_stream.settings import SettingError, Settings

SPARE_THREADS = 64
"""For what needs no place among `max_streams`: refusals, pages, and what `is_public` allows."""

OTHER_THREADS = 16
"""The process's own, and some of the handler's."""


def fit_max_streams(settings: Settings, cgroup: Path = Path("/sys/fs/cgroup")) -> str:
    """Lowers `max_streams` to what the container's limit on processes and threads allows; a warning if it did."""
    allowed = _pids_left(cgroup)
    if allowed is None or settings.max_streams + SPARE_THREADS + OTHER_THREADS <= allowed:
        return ""
    fitting = allowed - SPARE_THREADS - OTHER_THREADS
    if fitting < 1:
        raise SettingError(
            f"the container may have {allowed} more threads (pids.max), but the template needs at least "
            f"{SPARE_THREADS + OTHER_THREADS + 1}: raise the limit"
        )
    message = (
        f"max_streams={settings.max_streams} is lowered to {fitting}: each needs a thread, and the container may have "
        f"{allowed} more (pids.max)"
    )
    settings.max_streams = fitting
    return message


def _pids_left(cgroup: Path) -> int | None:
    for folder in (cgroup, cgroup / "pids"):
        with suppress(OSError, ValueError):
            most = (folder / "pids.max").read_text().strip()
            return None if most == "max" else int(most) - int((folder / "pids.current").read_text())
    return None

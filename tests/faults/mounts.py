"""A function on a machine that has mounted something for it, as a cluster does."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fronts import DIRECT
from tests.platform.running import Running

_START = """
import os, sys
mounts = {mounts!r}
start = f"cd {{os.getcwd()}} && exec {{sys.executable}} index.py"
os.execvp("unshare", ["unshare", "-rm", "sh", "-c", f"{{mounts}} && {{start}}"])
"""


@contextmanager
def with_mounts(mounts: str, folder: Path, env: Mapping[str, str]) -> Iterator[Running]:
    """The function of this folder, after these shell commands. Skips on a machine that does not let us mount."""
    probe = ["unshare", "-rm", "sh", "-c", mounts]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip(f"this machine lets nobody mount a file system: {' '.join(probe)}")
    (folder / "mounted.py").write_text(_START.format(mounts=mounts))
    with DIRECT.start("python mounted.py", cwd=folder, env={"suppress_lock": "true", **env}, until="open") as running:
        yield running

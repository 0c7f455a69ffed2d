"""The packages of the contenders, in folders of `.cache/`, so that the .venv of the tests stays as it is."""

import hashlib
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from local.problem import Problem
from project import cache
from project.uv import UV

HERE = Path(__file__).parent
PEERS = HERE / "peers"
EXPRESS = HERE.parents[1] / "docs" / "express"
FASTAPI = HERE / "requirements.txt"

WITHOUT_GO = (
    "go is not on PATH. The mock and the load generator are built with it: "
    "install Go 1.19 or later (apt-get install golang-go)"
)
_WITHOUT_NODE = (
    "{} not on PATH. Express needs Node 20.11 or later with npm: install them (apt-get install nodejs npm), "
    "or name the other contenders with --only"
)


def python(*requirements: Path) -> Path:
    """The folder of a `python` that has the packages of these files, at the releases of .venv, and no others.

    A function's image has no others either. More packages would change the numbers, because some are imported wherever
    they are installed: the OpenAI SDK takes 8 MiB and 80 ms more if aiohttp is installed.
    """
    required = "".join(file.read_text() for file in requirements)
    releases = "".join(sorted(f"{each.name}=={each.version}\n" for each in distributions()))

    def install(folder: Path) -> None:
        (folder / "requirements.txt").write_text(required)
        (folder / "constraints.txt").write_text(releases)
        cache.run([*UV, "venv", "--quiet", "--allow-existing", str(folder)], folder)
        files = ["-r", "requirements.txt", "-c", "constraints.txt"]
        cache.run([*UV, "pip", "install", "--quiet", "--python", str(folder / "bin/python"), *files], folder)

    return cache.installed(f"bench-venv-{_digest(sys.version + required + releases)}", install) / "bin"


def express() -> Path:
    """A folder with the server of docs/express and its packages: Node looks for packages next to the server."""
    if missing := [program for program in ("node", "npm") if not shutil.which(program)]:
        raise Problem(_WITHOUT_NODE.format(" and ".join(missing)))

    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    package = EXPRESS / "package.json"
    folder = cache.installed(f"express-{_digest(node + package.read_text())}", lambda new: cache.npm(package, new))
    for name in ("server.mjs", "index.html"):
        cache.copy(EXPRESS / name, folder)
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""The base images of a template's Dockerfile: pulled, or made here if no registry gives them."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from images.engine import CannotRunError, Engine
from images.pins import base_images
from local import watchdog
from local.problem import Problem

SUITE = "bookworm"

_PYTHON = f"""\
FROM faas-stream-local/debian:{SUITE}
RUN python3 -m venv --copies /usr/local
"""

_CERTIFICATES = """\
COPY certificates.crt /usr/local/share/certificates.crt
ENV PIP_CERT=/usr/local/share/certificates.crt
"""


def build_arguments(engine: Engine, dockerfile: Path) -> dict[str, str]:
    """The build arguments that name base images which this engine has. Empty if the Dockerfile's own can be pulled.

    Raises CannotRunError if there are no base images, or if the engine cannot run a container of one.
    """
    arguments = {}
    images = base_images(dockerfile.read_text())
    for argument, image in images.items():
        if engine.succeeds("image", "inspect", image) or engine.succeeds("pull", "--quiet", image):
            continue
        print(f"No registry gives {image}: making one here …", flush=True)
        try:
            arguments[argument] = _MAKERS[argument](engine)
        except Problem as problem:
            raise CannotRunError(str(problem)) from None
    _check_containers(engine, (images | arguments)["PYTHON_BASE"])
    return arguments


def _check_containers(engine: Engine, image: str) -> None:
    # In a container without privileges an engine starts and answers, but cannot run a container.
    try:
        engine.run("run", "--rm", "--network", "none", "--memory", "64m", image, "python", "-c", "pass")
    except Problem as problem:
        raise CannotRunError(f"the engine cannot run a container: {problem}") from None


def _make_python(engine: Engine) -> str:
    """The name of an image with Debian's Python, in /usr/local as in the official images."""
    image = f"faas-stream-local/python:{SUITE}"
    if engine.succeeds("image", "inspect", image):
        return image
    mmdebstrap = shutil.which("mmdebstrap")
    if mmdebstrap is None:
        raise Problem(
            "no registry answers, and a base image cannot be made here. Debian, Ubuntu: apt-get install mmdebstrap"
        )
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/debian.tar"
        # unsafe: without waiting for the disk, because a broken archive would be made again.
        options = ["--variant=minbase", "--include=python3,python3-venv,ca-certificates", "--dpkgopt=force-unsafe-io"]
        result = subprocess.run([mmdebstrap, *options, SUITE, archive], capture_output=True, text=True)
        if result.returncode:
            raise Problem(f"mmdebstrap failed: {(result.stderr.strip().splitlines() or ['it printed nothing'])[-1]}")
        engine.run("import", archive, f"faas-stream-local/debian:{SUITE}")
        context = Path(folder, "context")
        context.mkdir()
        dockerfile = _PYTHON
        # The builds need this machine's own certificates too, because only they may vouch for its package index.
        certificates = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
        if certificates:
            shutil.copyfile(certificates, context / "certificates.crt")
            dockerfile += _CERTIFICATES
        (context / "Dockerfile").write_text(dockerfile)
        engine.run("build", "--tag", image, str(context))
    return image


def _make_watchdog(engine: Engine) -> str:
    program = watchdog.find(os.environ)
    if program is None:
        raise Problem("no registry answers, and of-watchdog is missing: put it on PATH, or name it in OF_WATCHDOG")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(program, f"{folder}/fwatchdog")
        Path(folder, "fwatchdog").chmod(0o755)
        Path(folder, "Dockerfile").write_text("FROM scratch\nCOPY fwatchdog /fwatchdog\n")
        engine.run("build", "--tag", "faas-stream-local/watchdog", folder)
    return "faas-stream-local/watchdog"


_MAKERS = {"PYTHON_BASE": _make_python, "WATCHDOG_BASE": _make_watchdog}

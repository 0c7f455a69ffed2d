"""Test runners in processes of their own, because the first import of `faas_stream.testing` changes the environment."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fronts import TEMPLATE

SHELL = {
    "OPENAI_API_KEY": "sk-real",
    "OPENAI_BASE_URL": "https://api.openai.com/v1",
    "openai_model": "gpt-of-the-shell",
}
"""What an author's shell may have. No test may use it."""


QUICK = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""The plugins that are installed for these tests take seconds to import, and an author has none of them."""


def run(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A Python command in a folder, with the template's packages. stdout has all that it says."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(TEMPLATE), **QUICK, **SHELL, **more}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=290,
    )


def run_pytest(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """pytest without this project's settings and plugins."""
    usual = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    return run(["-m", "pytest", *usual, *arguments], folder, **more)

"""`./scripts/drift`: have the newest releases of LangChain and LangGraph changed what their streams yield?

They are installed in an environment of their own, without the upper limits that the requirements files have for them.
Arguments are passed to pytest.
"""

import os
import re
import subprocess
from pathlib import Path

from local import template
from project import uv
from project.testing import python_path, requirements_files

NEWEST = re.compile(r"(?:langchain|langgraph|openai)\b")
"""The packages whose newest release is installed."""

_UPPER_LIMIT = re.compile(r",?\s*<[^,;\s]+")
_TESTS = ("tests/graphs", "tests/sources/test_langchain.py", "tests/sources/test_items.py")


def drift(root: Path, arguments: list[str]) -> int:
    """Prints each recording whose shape differs, then runs the tests. 1 if anything differs or fails."""
    uv.install(root)
    folder = root / ".cache/drift"
    python = folder / "bin/python"
    uv.run(root, "venv", "--clear", str(folder))
    requirements = folder / "requirements.txt"
    requirements.write_text("\n".join(_without_limits(file) for file in requirements_files(root)))
    print("Installing the newest releases …", flush=True)
    uv.run(root, "pip", "install", "--upgrade", "--python", str(python), "-r", str(requirements))
    paths = os.pathsep.join([python_path(root), str(template.OWN)])
    record = [str(python), "-m", "tests.graphs.record", "--compare"]
    differs = subprocess.run(record, cwd=root, env={**os.environ, "PYTHONPATH": paths}).returncode
    tests = [str(python), "-m", "pytest", "-q", "--numprocesses", "2", *(arguments or _TESTS)]
    fails = subprocess.run(tests, cwd=root).returncode
    return int(bool(differs or fails))


def _without_limits(file: Path) -> str:
    """The requirements, without upper limits for the packages whose newest release is installed."""
    lines = file.read_text().splitlines() if file.is_file() else []
    return "\n".join(_UPPER_LIMIT.sub("", line) if NEWEST.match(line) else line for line in lines)

"""`./scripts/test`: everything that the tests need, then pytest."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from local import requirements, stack, template
from local.problem import Problem
from project import uv


def test(root: Path, arguments: list[str]) -> int:
    install_everything(root)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])


def python_path(root: Path) -> str:
    """PYTHONPATH of programs that use the tests' fronts and the scripts' packages."""
    return os.pathsep.join([str(root), str(root / "scripts"), str(template.OWN / "dev")])


def install_everything(root: Path) -> None:
    """Installs the requirements of the tests and of every function."""
    files = requirements_files(root)
    if not requirements.are_installed(root, files):
        # uv needs a fraction of pip's time. It does not read pip's settings, so it may fail: then pip installs all.
        uv.install(root)
        listed = (word for file in files if file.is_file() for word in ("-r", str(file)))
        with suppress(Problem):
            uv.run(root, "pip", "install", "--compile-bytecode", "--python", sys.executable, *listed)
    requirements.install(root, files)


def requirements_files(root: Path) -> list[Path]:
    """The requirements files of the tests and of every function."""
    functions = stack.read(root, os.environ).functions.values()
    of_functions = (
        file
        for function in functions
        for file in template.requirements(root, function, template.read(root, function.lang))
    )
    return [root / "tests/requirements.txt", *dict.fromkeys(of_functions)]

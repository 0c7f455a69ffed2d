"""`./scripts/check` and `./scripts/fix`: style, format and types of everything here, in Python and Go."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local import stack
from project.testing import install_everything

# A function's folder is the package `function`, so each is checked in a run of its own.
WITHOUT_FUNCTIONS = ("scripts", "tests", "template/python3-flask-stream-debian")

GO_MODULES = "[!.]*/*/*/go.mod"


def check(root: Path) -> int:
    install_everything(root)
    functions = stack.read(root, {}).functions.values()
    results = [
        _module("ruff", "check", "."),
        _module("ruff", "format", "--check", "."),
        _module("mypy", *WITHOUT_FUNCTIONS),
    ]
    with ThreadPoolExecutor(os.cpu_count()) as processes:
        results += processes.map(lambda function: _check_function_types(root, function), functions)
    results += [_check_go(module.parent) for module in sorted(root.glob(GO_MODULES))]
    return int(any(results))


def fix(root: Path) -> int:
    install_everything(root)
    return int(any([_module("ruff", "check", "--fix", "."), _module("ruff", "format", ".")]))


def _check_function_types(root: Path, function: stack.Function) -> int:
    above = root / "build/.types" / function.name
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    package = above / "function"
    package.unlink(missing_ok=True)
    package.symlink_to(root / function.handler)
    command = [sys.executable, "-m", "mypy", str(package)]
    result = subprocess.run(command, env={**os.environ, "MYPYPATH": str(above)}, capture_output=True, text=True)
    output = (result.stdout + result.stderr).replace(str(package.relative_to(root)), function.handler)
    print(f"{function.handler}: {output}", end="", flush=True)
    return result.returncode


def _check_go(module: Path) -> int:
    if not shutil.which("go"):
        print(f"{module}: not checked, because go is not on PATH (apt-get install golang-go)")
        return 0
    unformatted = subprocess.run(["gofmt", "-d", "."], cwd=module, capture_output=True, text=True)
    print(unformatted.stdout, end="", flush=True)
    return bool(unformatted.stdout) + subprocess.run(["go", "vet", "."], cwd=module).returncode


def _module(name: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", name, *arguments]).returncode

"""The machine and the releases that were measured."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Collection
from importlib.metadata import distributions, version
from pathlib import Path

from benchmarking import packages
from tests.platform.watchdogs import Watchdog

_OURS = ("flask", "waitress", "openai", "aiohttp", "langchain-openai")
_FASTAPI = ("fastapi", "uvicorn", "uvloop", "httptools", "sse-starlette")
_EXPRESS = ("express", "openai")


def conditions(watchdog: Watchdog, names: Collection[str]) -> list[str]:
    """The machine, the watchdog, and the releases of the packages of the contenders with these names."""
    kind = "the stand-in for of-watchdog" if watchdog.name == "standin" else "the real of-watchdog"
    parts = [f"{os.cpu_count()} cores ({_processor()})", f"Linux {platform.release().split('-')[0]}", kind]
    parts += [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _OURS)]
    if "fastapi" in names:
        site = [str(folder) for folder in packages.python(packages.FASTAPI).parent.glob("lib/python3*/site-packages")]
        releases = {each.name.lower(): each.version for each in distributions(path=site)}
        parts += [f"{name} {releases[name]}" for name in _FASTAPI]
    if "express" in names:
        modules = packages.express() / "node_modules"
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        parts.append(f"Node {node.strip().removeprefix('v')}")
        for name in _EXPRESS:
            release = json.loads((modules / name / "package.json").read_text())["version"]
            parts.append(f"npm's {name} {release}")
    return parts


def _processor() -> str:
    match = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return match[1] if match else platform.machine()

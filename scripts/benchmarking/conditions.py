"""What a benchmark was measured on and with."""

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

_OURS = ("flask", "waitress", "openai", "langchain-openai")
_FASTAPI = ("fastapi", "uvicorn", "uvloop", "httptools", "sse-starlette")


def conditions(watchdog: Watchdog, names: Collection[str]) -> list[str]:
    """The machine, the watchdog, and the releases of what the contestants of these names are made of."""
    kind = "the stand-in for of-watchdog" if watchdog.name == "standin" else "the real of-watchdog"
    told = [f"{os.cpu_count()} cores ({_processor()})", f"Linux {platform.release().split('-')[0]}", kind]
    told += [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _OURS)]
    if "fastapi" in names:
        site = [str(folder) for folder in packages.python(packages.FASTAPI).parent.glob("lib/python3*/site-packages")]
        releases = {each.name.lower(): each.version for each in distributions(path=site)}
        told += [f"{name} {releases[name]}" for name in _FASTAPI]
    if "express" in names:
        packages.node()
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        asked = json.loads((packages.PEERS / "package.json").read_text())["dependencies"]
        told.append(f"Node {node.strip().removeprefix('v')}")
        told += [f"npm's {name} {release}" for name, release in asked.items()]
    return told


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()

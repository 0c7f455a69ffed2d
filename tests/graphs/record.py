"""Records what the installed packages yield: `python -m tests.graphs.record`. `--compare` prints what has changed.

The exit code of a comparison is 1 if the shape of an item has changed: a member, a type, or an object's class.
"""

import asyncio
import json
import sys
import warnings
from difflib import unified_diff
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.graphs.cases import answer, cases
from tests.graphs.encoding import Encoder, shape
from tests.upstream import Upstream

RECORDINGS = Path(__file__).parent / "recordings"
PACKAGES = ("langchain", "langchain-core", "langchain-openai", "langgraph")


def main(arguments: list[str]) -> int:
    warnings.simplefilter("ignore")
    RECORDINGS.mkdir(exist_ok=True)
    versions = {package: version(package) for package in PACKAGES}
    changed = 0
    with Upstream(answer) as upstream, asyncio.Runner() as runner:
        for name, case in cases(upstream.url).items():
            encoder = Encoder()
            items = [encoder.encode(item) for item in case.items(runner)]
            if arguments == ["--compare"]:
                changed += _compare(name, items, versions)
            else:
                _write(name, items, versions)
    if arguments == ["--compare"]:
        releases = ", ".join(f"{package} {release}" for package, release in versions.items())
        print(f"{changed} of the recordings differ in shape from {releases}")
    return bool(changed)


def _write(name: str, items: list[Any], versions: dict[str, str]) -> None:
    """One line per item, so that changes can be read."""
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    packages = json.dumps(versions)
    (RECORDINGS / f"{name}.json").write_text(f'{{"packages": {packages}, "items": [\n{lines}\n]}}\n')


def _compare(name: str, items: list[Any], versions: dict[str, str]) -> bool:
    recorded = json.loads((RECORDINGS / f"{name}.json").read_text())
    before, now = ([*map(repr, shape(each))] for each in (recorded["items"], items))
    if before == now:
        return False
    print(f"\n{name}: recorded with {recorded['packages']}, now {versions}")
    print("\n".join(line[:2000] for line in unified_diff(before, now, "recorded", "now", lineterm="", n=0)))
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

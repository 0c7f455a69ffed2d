"""`python -m soaking [--streams N] [--front NAME] [--seed N]`: a table for each front; 1 if anything is wrong."""

import argparse
import asyncio
import resource
import signal
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from soaking.soak import soak
from tests.fronts import DIRECT, Front
from tests.platform import watchdogs

SHOWN = 20
LOGS = Path("build/soak")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=(sys.modules["soaking"].__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--streams", type=int, default=20_000, help="in all, shared by the fronts (default: 20000)")
    parser.add_argument("--front", choices=["direct", "standin", "real"], help="default: direct, then a watchdog")
    parser.add_argument("--seed", type=int, default=1, help="which streams are drawn (default: 1)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the function ends with it
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    fronts = _fronts(arguments.front)
    return max(_soak(front, arguments.streams // len(fronts), arguments.seed) for front in fronts)


def _soak(front: Front, streams: int, seed: int) -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{front.name}.log"
    with tempfile.TemporaryDirectory() as folder, log.open("w") as output, redirect_stdout(output):
        ledger = asyncio.run(soak(front, Path(folder) / "fn", streams=streams, seed=seed))
    problems = ledger.problems()
    print(ledger.table(), end="\n\n")
    for problem in problems[:SHOWN]:
        print(problem)
    verdict = (
        f"{len(problems)} problems, the function's log is in {log}"
        if problems
        else "every stream accounted for, nothing remains"
    )
    print(f"{front.name}: {verdict}", end="\n\n", flush=True)
    return int(bool(problems))


def _fronts(name: str | None) -> list[Front]:
    """The front of this name; without one, direct and the best watchdog on this machine."""
    if name == "direct":
        return [DIRECT]
    return [watchdogs.find(name)] if name else [DIRECT, *watchdogs.available()[-1:]]


if __name__ == "__main__":
    sys.exit(main())

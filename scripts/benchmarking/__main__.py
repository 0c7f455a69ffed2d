"""`python -m benchmarking [--only NAME,…] [--readme] …`: the tables on stdout, progress on stderr."""

import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from benchmarking import charts, packages, readme, tables
from benchmarking.bench import Plan, bench
from benchmarking.conditions import conditions
from benchmarking.contestants import LABELS
from benchmarking.results import Results
from local.problem import Problem
from tests.platform import watchdogs
from tests.platform.running import WatchdogEndedError

README = Path("README.md")
RESULTS = Path("build/bench/results.json")
SAID = Path("build/bench/said.log")
BUSY = 0.5
"""A load average above which others are at work."""


def main() -> int:
    wanted = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # all that was started ends with it
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        if wanted.readme:
            readme.with_part(README.read_text(), "")  # without a place for it, better known now than in an hour
        results = Results.from_json(RESULTS.read_text()) if wanted.again else _measured(wanted)
        print(tables.report(results))
        if wanted.readme:
            _show(results)
    except (Problem, LookupError, WatchdogEndedError, AssertionError) as problem:  # the last of a wait in vain
        print(f"scripts/bench: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    usual = Plan()
    description = (sys.modules["benchmarking"].__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="scripts/bench", description=description)
    parser.add_argument("--streams", type=_numbers, default=usual.streams, help="default: 50,200,500,1000")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of each stream (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=usual.starts, help="of each contestant (default: %(default)s)")
    parser.add_argument("--only", type=_names, default=usual.names, metavar="NAME,…", help=f"of {', '.join(LABELS)}")
    parser.add_argument("--again", action="store_true", help=f"measure nothing, show what is in {RESULTS}")
    parser.add_argument("--readme", action="store_true", help="also write README.md's part and the charts in docs/")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(LABELS):
        raise argparse.ArgumentTypeError(f"no contestant {', '.join(unknown)}: expected of {', '.join(LABELS)}")
    return names


def _measured(wanted: argparse.Namespace) -> Results:
    if not shutil.which("go"):
        raise Problem(packages.WITHOUT_GO)
    if (others := os.getloadavg()[0]) > BUSY:
        print(f"The machine has a load of {others:.1f} already, which will show in the numbers.", file=sys.stderr)
    plan = Plan(wanted.streams, wanted.rounds, wanted.seconds, wanted.starts, wanted.only)
    watchdog = watchdogs.available()[-1]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    results = Results([f"{plan.rounds} rounds of {plan.seconds:g} s", *conditions(watchdog, plan.names)])
    # What the contestants say goes into a file, as it is theirs.
    with tempfile.TemporaryDirectory() as folder, SAID.open("w") as said, redirect_stdout(said):
        try:
            bench(plan, watchdog, Path(folder), results)
        finally:
            RESULTS.write_text(results.as_json())  # of a run that was interrupted too
    return results


def _show(results: Results) -> None:
    docs = Path("docs")
    docs.mkdir(exist_ok=True)
    parts = []
    for name, (title, *_) in charts.CHARTS.items():
        picture = docs / f"{name}.svg"
        picture.write_text(charts.chart(results, name))
        parts.append(f"![{title}]({picture.as_posix()})")
    README.write_text(readme.with_part(README.read_text(), "\n\n".join([*parts, tables.report(results)])))


if __name__ == "__main__":
    sys.exit(main())

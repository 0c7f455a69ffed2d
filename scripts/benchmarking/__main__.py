"""`python -m benchmarking [--only NAME,…] [--write] …`: the tables on stdout, progress on stderr."""

import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from benchmarking import charts, packages, page, tables
from benchmarking.bench import Plan, bench
from benchmarking.conditions import conditions
from benchmarking.contenders import LABELS
from benchmarking.results import Results
from local.problem import Problem
from tests.platform import watchdogs
from tests.platform.running import WatchdogEndedError

PAGE = Path("docs/performance.md")
RESULTS = Path("build/bench/results.json")
OUTPUT = Path("build/bench/output.log")
BUSY_LOAD = 0.5
"""Above this load average, other processes are at work."""


def main() -> int:
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # so that every process that was started is ended
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        if arguments.write:
            page.with_part(PAGE.read_text(), "")  # a page without a place for the results fails now, not in an hour
        results = Results.from_json(RESULTS.read_text()) if arguments.again else _measured(arguments)
        print(tables.report(results))
        if arguments.write:
            _show(results)
    except (Problem, LookupError, WatchdogEndedError, AssertionError) as problem:  # AssertionError: of wait_until()
        print(f"scripts/bench: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    usual = Plan()
    description = (sys.modules["benchmarking"].__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="scripts/bench", description=description)
    parser.add_argument(
        "--streams", type=_numbers, default=usual.streams, help=f"default: {','.join(map(str, usual.streams))}"
    )
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=float, default=usual.seconds, help="length of each stream (default: %(default)s)"
    )
    parser.add_argument("--starts", type=int, default=usual.starts, help="of each contender (default: %(default)s)")
    parser.add_argument(
        "--only", type=_names, default=usual.names, metavar="NAME,…", help=f"some of {', '.join(LABELS)}"
    )
    parser.add_argument("--against", default="", metavar="COMMIT", help="also measure our functions of this commit")
    parser.add_argument("--again", action="store_true", help=f"measure nothing, show the results in {RESULTS}")
    parser.add_argument("--write", action="store_true", help="also write the results and the charts into docs/")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(LABELS):
        raise argparse.ArgumentTypeError(f"found {', '.join(sorted(unknown))}, expected some of {', '.join(LABELS)}")
    return names


def _measured(arguments: argparse.Namespace) -> Results:
    if not shutil.which("go"):
        raise Problem(packages.WITHOUT_GO)
    if (others := os.getloadavg()[0]) > BUSY_LOAD:
        print(f"The machine already has a load of {others:.1f}. This load will distort the numbers.", file=sys.stderr)
    plan = Plan(
        arguments.streams, arguments.rounds, arguments.seconds, arguments.starts, arguments.only, arguments.against
    )
    watchdog = watchdogs.available()[-1]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    rounds = "round" if plan.rounds == 1 else "rounds"
    results = Results([f"{plan.rounds} {rounds} of {plan.seconds:g} s", *conditions(watchdog, plan.names)])
    # The output of the contenders goes into a file, so that stdout has the tables only.
    with tempfile.TemporaryDirectory() as folder, OUTPUT.open("w") as output, redirect_stdout(output):
        try:
            bench(plan, watchdog, Path(folder), results)
        finally:
            RESULTS.write_text(results.as_json())  # also if the run was interrupted
    return results


def _show(results: Results) -> None:
    docs = Path("docs")
    docs.mkdir(exist_ok=True)
    parts = []
    for name, (title, *_) in charts.CHARTS.items():
        picture = docs / f"{name}.svg"
        picture.write_text(charts.chart(results, name))
        parts.append(f"![{title}]({picture.name})")
    PAGE.write_text(page.with_part(PAGE.read_text(), "\n\n".join([*parts, tables.report(results)])))


if __name__ == "__main__":
    sys.exit(main())

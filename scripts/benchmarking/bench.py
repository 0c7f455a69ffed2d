"""All of a benchmark, in order: contestants, rounds of loads, starts."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarking import contestants, traffic
from benchmarking.measurement import Measurement, measure
from benchmarking.results import Results
from benchmarking.starting import start
from tests.platform.watchdogs import Watchdog


@dataclass(frozen=True, slots=True)
class Plan:
    """streams: of each load; seconds: what a stream lasts; names: of contestants."""

    streams: Sequence[int] = (50, 200, 500, 1000)
    rounds: int = 3
    seconds: float = 10
    starts: int = 5
    names: Sequence[str] = tuple(contestants.LABELS)


def bench(plan: Plan, watchdog: Watchdog, folder: Path, results: Results) -> None:
    """Adds what it measures to the results. folder: an empty one, for what is laid out."""
    all_ = [contestants.make(name, folder) for name in plan.names]
    tokens = max(1, round(plan.seconds * traffic.TOKENS_A_SECOND))
    with traffic.mock() as mock:
        # In turn, so that what else the machine does meets all of them alike.
        for number in range(1, plan.rounds + 1):
            for streams in plan.streams:
                for contestant in all_:
                    measured = measure(contestant, watchdog, mock, streams=streams, tokens_a_stream=tokens)
                    _say(f"round {number} of {plan.rounds}, {_told(measured)}")
                    results.measurements.append(measured)
        for number in range(1, plan.starts + 1):
            for contestant in all_:
                if contestant.name != contestants.LIMIT:
                    started = start(contestant, mock)
                    _say(f"start {number} of {plan.starts}, {contestant.name}: {started.first_token_ms:.0f} ms")
                    results.starts.append(started)


def _told(measured: Measurement) -> str:
    lost = f", {measured.cut_short} cut short" if measured.cut_short else ""
    lost += f", {measured.unfinished} unfinished" if measured.unfinished else ""
    why = f" ({'; '.join(measured.why)})" if measured.why else ""
    return (
        f"{measured.streams} streams, {measured.contestant}: {measured.cpu_us:.0f} µs a token, "
        f"lateness p99 {measured.late_p99_ms:.1f} ms{lost}{why}"
    )


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)

"""The whole benchmark, in order: contenders, rounds of loads, starts."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarking import contenders, revision, traffic
from benchmarking.contenders import Contender
from benchmarking.measurement import Measurement, measure
from benchmarking.results import Results
from benchmarking.searching import search
from benchmarking.starting import BURST_REQUESTS, cold_burst, start
from tests.platform.watchdogs import Watchdog


@dataclass(frozen=True, slots=True)
class Plan:
    """streams: of each load. seconds: length of a stream. starts: of each contender. names: of the contenders.

    against: a commit of this repository, whose functions are measured too; empty: none.
    """

    streams: Sequence[int] = (200, 500, 1000)
    rounds: int = 5
    seconds: float = 10
    starts: int = 5
    names: Sequence[str] = tuple(contenders.LABELS)
    against: str = ""


def bench(plan: Plan, watchdog: Watchdog, folder: Path, results: Results) -> None:
    """Adds each measurement to the results. folder: an empty one, in which our functions are laid out."""
    all_ = _contenders(plan, folder, results)
    tokens = max(1, round(plan.seconds * traffic.TOKENS_PER_SECOND))
    with traffic.mock() as mock:
        # The contenders take turns, so that whatever else the machine does affects all of them alike.
        for number in range(1, plan.rounds + 1):
            for streams in plan.streams:
                for contender in all_:
                    measured = measure(contender, watchdog, mock, streams=streams, tokens_per_stream=tokens)
                    _report_progress(f"round {number} of {plan.rounds}, {_summary(measured)}")
                    results.measurements.append(measured)
        for number in range(1, plan.starts + 1):
            for contender in all_:
                if contender.name != contenders.BASELINE:
                    started = start(contender, mock)
                    burst = cold_burst(contender, mock)
                    _report_progress(
                        f"start {number} of {plan.starts}, {contender.name}: {started.first_token_ms:.0f} ms; "
                        f"burst: {burst.served} of {BURST_REQUESTS} served, {burst.memory_mib:.0f} MiB"
                    )
                    results.starts.append(started)
                    results.bursts.append(burst)
                if contenders.DOCUMENTS in contender.settings:
                    results.searches.append(search(contender))


def _contenders(plan: Plan, folder: Path, results: Results) -> list[Contender]:
    """Each contender at another commit comes right after the same contender at the working tree."""
    if not plan.against:
        return [contenders.make(name, folder) for name in plan.names]
    earlier = revision.extract(plan.against, folder / "against")
    results.against = earlier.commit
    pairs = ((contenders.make(name, folder), contenders.make_earlier(name, earlier, folder)) for name in plan.names)
    return [contender for pair in pairs for contender in pair if contender]


def _summary(measured: Measurement) -> str:
    lost = f", {measured.cut_short} cut short" if measured.cut_short else ""
    lost += f", {measured.unfinished} unfinished" if measured.unfinished else ""
    reasons = f" ({'; '.join(measured.reasons)})" if measured.reasons else ""
    return (
        f"{measured.streams} streams, {measured.contender}: {measured.cpu_us:.0f} µs per token, "
        f"added latency p99 {measured.added_latency_p99_ms:.1f} ms{lost}{reasons}"
    )


def _report_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

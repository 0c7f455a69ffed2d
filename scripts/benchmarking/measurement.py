"""One contender under one load, in a process that is started for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from benchmarking import process
from benchmarking.contenders import Contender
from benchmarking.traffic import TOKENS_PER_SECOND, Mock, load
from local.problem import Problem
from tests.platform.deadline import wait_until
from tests.platform.ports import free_port, is_open
from tests.platform.running import Running
from tests.platform.watchdogs import Watchdog

WARM_UP_STREAMS, WARM_UP_TOKENS = 8, 20
SETTLING_S = 0.3
"""Time after the last token, so that the work after it is counted too: a log line, for example."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """CPU is in microseconds per token delivered. Added latency is from upstream's write to the client's read.

    cut_short: streams that ended without all of their tokens, or were refused. unfinished: streams that were given up
    at the limit. reasons: why streams were cut short, some of them.
    """

    contender: str
    streams: int
    cpu_us: float
    added_latency_p50_ms: float
    added_latency_p99_ms: float
    first_token_p50_ms: float
    first_token_p99_ms: float
    cut_short: int
    unfinished: int
    tokens: int
    tokens_requested: int
    tokens_per_s: float
    memory_mib: float
    watchdog_cpu_us: float
    mock_cpu_us: float
    load_cpu_us: float
    reasons: tuple[str, ...] = ()


class _Cpu(NamedTuple):
    """Seconds so far."""

    function: float
    watchdog: float
    mock: float


def measure(
    contender: Contender, watchdog: Watchdog, mock: Mock, *, streams: int, tokens_per_stream: int
) -> Measurement:
    """The contender under a load of this number of streams at the same time, after a warm-up."""
    limit_s = 10 + 5 * tokens_per_stream / TOKENS_PER_SECOND  # the legend of the tables says the same
    with _serving(contender, watchdog, mock) as running:
        load(contender, running.port, streams=WARM_UP_STREAMS, tokens=WARM_UP_TOKENS, limit_s=limit_s)
        before = _cpu(running, mock)
        summary = load(contender, running.port, streams=streams, tokens=tokens_per_stream, limit_s=limit_s)
        time.sleep(SETTLING_S)
        after = _cpu(running, mock)
        memory_mib = process.peak_memory_mib(_function(running))
    delivered, ends = summary["tokens"], summary["ends"]
    us_per_token = 1e6 / delivered if delivered else 0
    return Measurement(
        contender=contender.name,
        streams=streams,
        cpu_us=(after.function - before.function) * us_per_token,
        added_latency_p50_ms=summary["added_latency_ms"]["p50"],
        added_latency_p99_ms=summary["added_latency_ms"]["p99"],
        first_token_p50_ms=summary["first_token_ms"]["p50"],
        first_token_p99_ms=summary["first_token_ms"]["p99"],
        cut_short=ends.get("cut", 0) + ends.get("refused", 0),
        unfinished=ends.get("unfinished", 0),
        tokens=delivered,
        tokens_requested=streams * tokens_per_stream,
        tokens_per_s=delivered / summary["seconds"],
        memory_mib=memory_mib,
        watchdog_cpu_us=(after.watchdog - before.watchdog) * us_per_token,
        mock_cpu_us=(after.mock - before.mock) * us_per_token,
        load_cpu_us=summary["cpu_s"] * us_per_token,
        reasons=tuple(summary["reasons"]),
    )


@contextmanager
def _serving(contender: Contender, watchdog: Watchdog, mock: Mock) -> Iterator[Running]:
    """The contender behind the watchdog, once the contender's own port is open.

    The watchdog's health does not tell this: it can be healthy before the function listens.
    """
    environment = contender.environment(mock.url, free_port())
    with watchdog.start(contender.command, cwd=contender.folder, env=environment) as running:
        port = int(running.upstream_url.rpartition(":")[2])
        wait_until(lambda: is_open(port) or not _function(running), f"{contender.name} listens", 30)
        if not _function(running):
            raise Problem(
                f"{contender.name} ended while it started. Its last lines: {' / '.join(running.output()[-3:])}"
            )
        yield running


def _function(running: Running) -> set[int]:
    """The function's process and its children."""
    return running.processes() - {running.process.pid}


def _cpu(running: Running, mock: Mock) -> _Cpu:
    return _Cpu(process.cpu_s(_function(running)), process.cpu_s([running.process.pid]), mock.cpu_s())

"""One contestant under one load, in a process of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from benchmarking import process
from benchmarking.contestants import Contestant
from benchmarking.traffic import TOKENS_A_SECOND, Mock, load
from local.problem import Problem
from tests.platform.deadline import wait_until
from tests.platform.ports import is_open
from tests.platform.running import Running
from tests.platform.watchdogs import Watchdog

WARM_UP_STREAMS, WARM_UP_TOKENS = 8, 20
SETTLING_S = 0.3
"""What a contestant has to do after its last token, a log line for example, is counted too."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """CPU in microseconds a token delivered; lateness from a token's writing upstream to its reader.

    cut_short: streams that ended without all of their tokens, or were refused; unfinished: given up at the limit; why:
    some of the reasons.
    """

    contestant: str
    streams: int
    cpu_us: float
    late_p50_ms: float
    late_p99_ms: float
    first_p50_ms: float
    first_p99_ms: float
    cut_short: int
    unfinished: int
    tokens: int
    tokens_asked: int
    tokens_per_s: float
    memory_mib: float
    watchdog_cpu_us: float
    mock_cpu_us: float
    load_cpu_us: float
    why: tuple[str, ...] = ()


class _Used(NamedTuple):
    function: float
    watchdog: float
    mock: float


def measure(
    contestant: Contestant, watchdog: Watchdog, mock: Mock, *, streams: int, tokens_a_stream: int
) -> Measurement:
    """A load of so many streams at a time, after a warm-up."""
    limit_s = 10 + 5 * tokens_a_stream / TOKENS_A_SECOND  # as the report's legend has it
    with _serving(contestant, watchdog, mock) as running:
        load(contestant, running.port, streams=WARM_UP_STREAMS, tokens=WARM_UP_TOKENS, limit_s=limit_s)
        before = _used(running, mock)
        told = load(contestant, running.port, streams=streams, tokens=tokens_a_stream, limit_s=limit_s)
        time.sleep(SETTLING_S)
        after = _used(running, mock)
        memory_mib = process.peak_memory_mib(_function(running))
    delivered, ends = told["tokens"], told["ends"]
    us_a_token = 1e6 / delivered if delivered else 0
    return Measurement(
        contestant=contestant.name,
        streams=streams,
        cpu_us=(after.function - before.function) * us_a_token,
        late_p50_ms=told["lateness_ms"]["p50"],
        late_p99_ms=told["lateness_ms"]["p99"],
        first_p50_ms=told["first_token_ms"]["p50"],
        first_p99_ms=told["first_token_ms"]["p99"],
        cut_short=ends.get("cut", 0) + ends.get("refused", 0),
        unfinished=ends.get("unfinished", 0),
        tokens=delivered,
        tokens_asked=streams * tokens_a_stream,
        tokens_per_s=delivered / told["seconds"],
        memory_mib=memory_mib,
        watchdog_cpu_us=(after.watchdog - before.watchdog) * us_a_token,
        mock_cpu_us=(after.mock - before.mock) * us_a_token,
        load_cpu_us=told["cpu_s"] * us_a_token,
        why=tuple(told["why"]),
    )


@contextmanager
def _serving(contestant: Contestant, watchdog: Watchdog, mock: Mock) -> Iterator[Running]:
    """The contestant behind the watchdog, once its own port is open, of which a watchdog's health says nothing."""
    environment = contestant.environment(mock.url)
    with watchdog.start(contestant.command, cwd=contestant.folder, env=environment) as running:
        port = int(running.upstream_url.rpartition(":")[2])
        wait_until(lambda: is_open(port) or not _function(running), f"{contestant.name} listens", 30)
        if not _function(running):
            raise Problem(f"{contestant.name} has ended at its start: {' / '.join(running.output()[-3:])}")
        yield running


def _function(running: Running) -> set[int]:
    """The function's process and its children."""
    return running.processes() - {running.process.pid}


def _used(running: Running, mock: Mock) -> _Used:
    return _Used(process.cpu_s(_function(running)), process.cpu_s([running.process.pid]), mock.cpu_s())

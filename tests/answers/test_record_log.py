"""Where records are written: one line each, and few for refused requests, however many come."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from faas_stream.answers.record import Record
from faas_stream.answers.record_log import INTERVAL_S, RecordLog, RefusalLog
from faas_stream.log_lines import BoundedLines
from tests.platform.deadline import wait_until


class Loop:
    """An event loop whose time is moved by the test."""

    def __init__(self) -> None:
        self._timers: list[tuple[Callable[..., Any], Any]] = []

    def call_soon_threadsafe(self, callback: Callable[..., Any], *arguments: Any) -> None:
        callback(*arguments)

    def call_later(self, delay_s: float, callback: Callable[..., Any], *arguments: Any) -> None:
        assert delay_s == INTERVAL_S
        self._timers.append((callback, arguments))

    def end_interval(self) -> None:
        timers, self._timers = self._timers, []
        for callback, arguments in timers:
            callback(*arguments)


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def log(loop: Loop, logged: list[Record]) -> RefusalLog:
    return RefusalLog(logged.append, loop)  # type: ignore[arg-type]


def refused(call_id: str, outcome: str = "unauthorized") -> Record:
    return Record(call_id, "fn", 401, outcome)


def counts(logged: list[Record]) -> list[tuple[str, int]]:
    pairs = [(record.call_id, record.requests) for record in logged]
    logged.clear()
    return pairs


def test_one_line_stands_for_all_of_an_interval(log: RefusalLog, loop: Loop, logged: list[Record]) -> None:
    for number in range(1000):
        log.add(refused(str(number)))
    assert counts(logged) == [("0", 1)]
    loop.end_interval()
    assert counts(logged) == [("999", 999)]
    log.add(refused("a"))
    loop.end_interval()
    assert counts(logged) == [("a", 1)]


def test_after_a_quiet_interval_the_next_one_has_its_line_at_once(
    log: RefusalLog, loop: Loop, logged: list[Record]
) -> None:
    log.add(refused("a"))
    loop.end_interval()
    assert counts(logged) == [("a", 1)]
    log.add(refused("b"))
    assert counts(logged) == [("b", 1)]


def test_each_outcome_has_lines_of_its_own(log: RefusalLog, loop: Loop, logged: list[Record]) -> None:
    for outcome in ("unauthorized", "cross_site", "unauthorized", "cross_site", "cross_site"):
        log.add(refused("x", outcome))
    loop.end_interval()
    assert [(record.outcome, record.requests) for record in logged] == [
        ("unauthorized", 1), ("cross_site", 1), ("unauthorized", 1), ("cross_site", 2),
    ]  # fmt: skip


def test_none_is_lost_or_counted_twice_by_many_threads(log: RefusalLog, loop: Loop, logged: list[Record]) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(log.add, [refused("x")] * 4000))
    loop.end_interval()
    assert sum(record.requests for record in logged) == 4000
    assert len(logged) == 2


def test_the_line_says_how_many_it_stands_for() -> None:
    assert '"requests": 7' in Record("x", "fn", 401, "unauthorized", requests=7).line("1")
    assert "requests" not in refused("x").line("1")


def test_a_record_that_cannot_be_written_is_reported_and_the_next_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = RecordLog(BoundedLines(sys.stdout, threading.RLock()))
    log.write(Record("a", "fn", 400, 1001))  # type: ignore[arg-type]
    log.write(refused("b"))
    printed: list[str] = []

    def is_written() -> bool:
        output = capsys.readouterr()
        printed.extend((output.out, output.err))
        return '"call_id": "b"' in "".join(printed)

    wait_until(is_written, "the second record is written")
    assert "TypeError" in "".join(printed)
    assert log.is_empty

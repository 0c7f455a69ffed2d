"""What is due on an answer, by a scripted clock."""

from math import inf

import pytest

from faas_stream.watch import HEARTBEAT, Limits, Watch

LIMITS = Limits(heartbeat=15, commit_after=5, idle=60, deadline=100, stall=30)


@pytest.fixture
def watch() -> Watch:
    return Watch(LIMITS, 1000.0)


def test_silence_is_filled_with_heartbeats(watch: Watch) -> None:
    assert watch.due(1014.9, inf) == ""
    assert watch.due(1015, inf) == HEARTBEAT
    watch.written = 1015
    assert watch.due(1029, inf) == ""


def test_heartbeats_do_not_hide_a_silent_upstream(watch: Watch) -> None:
    watch.written = 1059
    assert watch.due(1060, inf) == "upstream_timeout"
    watch.waiting_since = 1050
    assert watch.due(1060, inf) == ""


def test_the_deadline_counts_from_the_beginning(watch: Watch) -> None:
    watch.written = watch.waiting_since = 1099.5
    assert watch.due(1099.9, inf) == ""
    assert watch.due(1100, inf) == "deadline_exceeded"


def test_a_drain_ends_what_is_open(watch: Watch) -> None:
    assert watch.due(1004, 1003) == "shutting_down"


def test_the_status_is_held_back(watch: Watch) -> None:
    assert not watch.commit_is_due(1004.9)
    assert watch.commit_is_due(1005)


def test_a_reader_is_stuck_once_it_has_taken_nothing_for_too_long(watch: Watch) -> None:
    assert not watch.is_stuck(1000, 10, moved=7.0)
    assert not watch.is_stuck(1029, 10, moved=7.0)
    assert watch.is_stuck(1030, 10, moved=7.0)


def test_a_slow_reader_is_not_stuck(watch: Watch) -> None:
    assert not watch.is_stuck(1000, 10, moved=7.0)
    assert not watch.is_stuck(1029, 10, moved=8.0)
    assert not watch.is_stuck(1058, 10, moved=8.0)
    assert not watch.is_stuck(1058.5, 0, moved=8.0)
    assert not watch.is_stuck(1059, 10, moved=8.0)
    assert watch.is_stuck(1089, 10, moved=8.0)

"""How many requests are served at a time, and how fast handlers start."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from faas_stream.answers.capacity import AdmissionGate, Places
from tests.answers.clock import ClockLoop


def test_places_are_taken_up_to_the_limit_and_given_back() -> None:
    places = Places(2)
    first, second, third = (places.take() for _ in range(3))
    assert first is not None
    assert second is not None
    assert third is None
    first.give_back()
    first.give_back()  # counts once
    assert places.take() is not None
    assert places.take() is None


def test_no_place_is_given_twice_to_threads_that_take_at_the_same_time() -> None:
    places = Places(50)
    with ThreadPoolExecutor(16) as pool:
        assert sum(place is not None for place in pool.map(lambda _: places.take(), range(500))) == 50


async def starts(gate: AdmissionGate, loop: ClockLoop, count: int, ticks: int, lag_s: float) -> list[int]:
    """How many of so many handlers have started after each tick of a loop that fires its timers late by lag_s."""
    started: list[int] = []
    tasks = [asyncio.create_task(_start(gate, started)) for _ in range(count)]
    counts = []
    for _ in range(ticks):
        await loop.settle()
        counts.append(len(started))
        loop.now += gate.TICK_S + lag_s
    for task in tasks:
        task.cancel()
    return counts


async def _start(gate: AdmissionGate, started: list[int]) -> None:
    await gate.turn()
    started.append(1)


@pytest.fixture
def loop() -> ClockLoop:
    return ClockLoop()


def test_a_few_handlers_start_at_once_and_the_others_with_the_ticks(loop: ClockLoop) -> None:
    gate = AdmissionGate()
    assert loop.run(starts(gate, loop, count=10, ticks=4, lag_s=0)) == [4, 6, 8, 10]


def test_no_handler_starts_while_the_loop_is_late(loop: ClockLoop) -> None:
    gate = AdmissionGate()
    counts = loop.run(starts(gate, loop, count=10, ticks=4, lag_s=gate.LAG_S * 2))
    assert counts == [4, 6, 6, 6], "the first tick may grant turns, because nobody has had one for long"


def test_some_handler_starts_however_late_the_loop_is(loop: ClockLoop) -> None:
    gate = AdmissionGate()
    counts = loop.run(starts(gate, loop, count=6, ticks=8, lag_s=gate.LONGEST_PAUSE_S))
    assert counts[-1] == 6


def test_a_turn_is_not_lost_to_a_handler_that_no_longer_waits(loop: ClockLoop) -> None:
    async def scenario() -> int:
        gate = AdmissionGate()
        started: list[int] = []
        tasks = [asyncio.create_task(_start(gate, started)) for _ in range(8)]
        await loop.settle()
        for waiting in tasks[4:6]:
            waiting.cancel()
        await loop.settle()
        loop.now += gate.TICK_S
        await loop.settle()
        return len(started)

    assert loop.run(scenario()) == 6


def test_turns_come_back_when_nobody_waits(loop: ClockLoop) -> None:
    async def scenario() -> list[int]:
        gate = AdmissionGate()
        counts = []
        for _ in range(3):
            started: list[int] = []
            await asyncio.gather(*(_start(gate, started) for _ in range(gate.PERMITS)))
            counts.append(len(started))
            for _ in range(gate.PERMITS):
                loop.now += gate.TICK_S
                await loop.settle()
        return counts

    assert loop.run(scenario()) == [4, 4, 4]

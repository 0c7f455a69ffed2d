"""The event loop survives the author's code, and names what blocks it."""

import asyncio
import threading

import pytest

from faas_stream.engine.loop import LOOK_S, EventLoop
from tests.platform.deadline import wait_until


@pytest.fixture
def event_loop() -> EventLoop:
    return EventLoop()


TASK = "the source tokens of answer 7"


class Blocked:
    """A loop that a task blocks, with a clock of the test's own."""

    def __init__(self, event_loop: EventLoop, monkeypatch: pytest.MonkeyPatch, name: str = TASK) -> None:
        self._event_loop, self._released = event_loop, threading.Event()
        self._now = event_loop.loop.time()
        monkeypatch.setattr(event_loop.loop, "time", lambda: self._now)
        started = threading.Event()

        async def block() -> None:
            if name:
                task = asyncio.current_task()
                assert task is not None
                task.set_name(name)
            started.set()
            self._released.wait(10)

        self._block = asyncio.run_coroutine_threadsafe(block(), event_loop.loop)
        assert started.wait(10)

    def look_for(self, seconds: float) -> None:
        """Looks as often as the main thread does."""
        end = self._now + seconds
        while self._now < end - 1e-6:
            self._event_loop.report_if_blocked()
            self._now += min(LOOK_S, end - self._now)

    def release(self) -> None:
        """The loop goes on, and has done what waited."""
        self._released.set()
        self._block.result(10)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._event_loop.loop).result(10)


def test_it_goes_on_after_a_task_has_raised_system_exit(
    event_loop: EventLoop, capsys: pytest.CaptureFixture[str]
) -> None:
    async def leave() -> None:
        raise SystemExit(3)

    async def answer() -> str:
        return "still here"

    asyncio.run_coroutine_threadsafe(leave(), event_loop.loop)
    assert asyncio.run_coroutine_threadsafe(answer(), event_loop.loop).result(10) == "still here"
    wait_until(lambda: "SystemExit" in capsys.readouterr().err, "the traceback is in the log")


@pytest.mark.parametrize(("blocked_s", "is_named"), [(0.15, False), (0.26, True), (0.3, True), (5, True)])
@pytest.mark.parametrize("before_s", [0.0, 0.02, 0.04])
def test_a_task_that_blocks_it_for_a_quarter_of_a_second_is_named_once(
    event_loop: EventLoop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    blocked_s: float, is_named: bool, before_s: float,
) -> None:  # fmt: skip
    """before_s: how long it has been blocked at the first look."""
    blocked = Blocked(event_loop, monkeypatch)
    blocked.look_for(blocked_s - before_s)
    blocked.release()
    assert capsys.readouterr().out.count("by the source tokens of answer 7, and all answers wait") == is_named


def test_each_block_is_named(
    event_loop: EventLoop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        blocked = Blocked(event_loop, monkeypatch)
        blocked.look_for(0.5)
        blocked.release()
    assert capsys.readouterr().out.count("by the source tokens of answer 7") == 2


def test_a_loop_that_is_late_without_a_task_names_nobody(
    event_loop: EventLoop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It waits for the GIL, which threads that compute have."""
    monkeypatch.setattr(asyncio, "current_task", lambda _loop: None)
    blocked = Blocked(event_loop, monkeypatch, name="")
    blocked.look_for(0.5)
    blocked.release()
    assert capsys.readouterr().out == ""

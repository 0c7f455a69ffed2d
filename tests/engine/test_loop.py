"""The event loop survives the author's code, and names what blocks it."""

import asyncio
import threading

import pytest

from faas_stream.engine.loop import EventLoop
from tests.platform.deadline import wait_until


@pytest.fixture
def event_loop() -> EventLoop:
    return EventLoop()


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


def test_the_task_that_blocks_it_is_named_once(event_loop: EventLoop, capsys: pytest.CaptureFixture[str]) -> None:
    released, printed = threading.Event(), []

    async def block() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("the source tokens of answer 7")
        released.wait(10)

    blocked = asyncio.run_coroutine_threadsafe(block(), event_loop.loop)

    def is_named() -> bool:
        event_loop.report_if_blocked()
        printed.append(capsys.readouterr().out)
        return "the source tokens of answer 7" in printed[-1]

    wait_until(is_named, "the task is named")
    event_loop.report_if_blocked()
    assert capsys.readouterr().out == ""
    released.set()
    blocked.result(10)

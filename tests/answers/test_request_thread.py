"""The request's thread: one job after another, and its last when no other is left."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from faas_stream.answers.request_thread import RequestThread
from faas_stream.engine.loop import EventLoop

TIMEOUT_S = 60


@pytest.fixture
def run(event_loop: EventLoop) -> Callable[[Callable[[RequestThread], Coroutine[Any, Any, object]]], Any]:
    """The result of `serve` while this coroutine uses the thread. The coroutine must release the thread."""

    def run(use: Callable[[RequestThread], Coroutine[Any, Any, object]]) -> Any:
        thread = RequestThread(event_loop.loop)
        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(thread.serve)
            asyncio.run_coroutine_threadsafe(use(thread), event_loop.loop).result(TIMEOUT_S)
            return served.result(TIMEOUT_S)

    return run


async def run_and_cancel(thread: RequestThread, job: Callable[[], object], discard: Callable[[Any], object]) -> None:
    """Returns when nobody waits for the job any more, which goes on."""
    running = asyncio.create_task(thread.run(job, discard))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})


def test_jobs_run_one_after_another_in_one_thread(run: Any) -> None:
    calls: list[tuple[str, int]] = []

    def job(name: str) -> str:
        calls.append((name, threading.get_ident()))
        return name

    async def use(thread: RequestThread) -> None:
        assert not thread.is_busy
        futures = [thread.start(lambda name=name: job(name)) for name in "abc"]  # type: ignore[misc]
        assert thread.is_busy
        assert await asyncio.gather(*futures) == ["a", "b", "c"]
        assert not thread.is_busy
        thread.release(lambda: job("last"))

    assert run(use) == "last"
    assert [name for name, _ in calls] == ["a", "b", "c", "last"]
    assert len({thread for _, thread in calls}) == 1


def test_the_last_job_waits_for_all_others(run: Any) -> None:
    may_end = threading.Event()
    done: list[str] = []

    async def use(thread: RequestThread) -> None:
        first = thread.start(lambda: done.append(str(may_end.wait(TIMEOUT_S))))
        thread.release(lambda: done.append("last"))
        assert done == []
        may_end.set()
        await first

    run(use)
    assert done == ["True", "last"]


@pytest.mark.parametrize("error", [ValueError, StopIteration, SystemExit, KeyboardInterrupt])
def test_what_a_job_raises_reaches_whoever_awaits_it_and_never_the_event_loop(
    run: Any, error: type[BaseException]
) -> None:
    caught: list[BaseException | None] = []

    def job() -> None:
        raise error("of the job")

    async def use(thread: RequestThread) -> None:
        try:
            await thread.start(job)
        except Exception as raised:
            caught.append(raised if type(raised) is error else raised.__cause__)
        thread.release(lambda: "last")

    assert run(use) == "last"
    assert type(caught[0]) is error


def test_a_result_that_nobody_waits_for_is_discarded_in_the_thread(run: Any) -> None:
    may_end = threading.Event()
    discarded: list[tuple[str, int]] = []
    threads: list[int] = []

    def job() -> str:
        threads.append(threading.get_ident())
        may_end.wait(TIMEOUT_S)
        return "result"

    async def use(thread: RequestThread) -> None:
        await run_and_cancel(thread, job, lambda result: discarded.append((result, threading.get_ident())))
        thread.release(lambda: "last")
        may_end.set()

    assert run(use) == "last"
    assert discarded == [("result", threads[0])]


@pytest.mark.parametrize("has_failed", [False, True], ids=["a result", "an error"])
def test_a_result_that_comes_together_with_the_cancellation_is_discarded(run: Any, has_failed: bool) -> None:
    has_ended = threading.Event()
    discarded: list[object] = []

    def job() -> str:
        if has_failed:
            raise ValueError
        return "result"

    async def use(thread: RequestThread) -> None:
        running = asyncio.create_task(thread.run(job, discarded.append))
        await asyncio.sleep(0)
        thread.start(has_ended.set)
        has_ended.wait(TIMEOUT_S)  # the event loop learns of the result after this, and before the next line's call
        asyncio.get_running_loop().call_soon(running.cancel)
        with pytest.raises(asyncio.CancelledError):
            await running
        thread.release(lambda: "last")

    assert run(use) == "last"
    assert discarded == ([] if has_failed else ["result"])


def test_an_error_that_nobody_waits_for_is_not_discarded(run: Any) -> None:
    may_end = threading.Event()
    discarded: list[object] = []

    def job() -> None:
        may_end.wait(TIMEOUT_S)
        raise ValueError

    async def use(thread: RequestThread) -> None:
        await run_and_cancel(thread, job, discarded.append)
        thread.release(lambda: "last")
        may_end.set()

    assert run(use) == "last"
    assert discarded == []


def test_what_the_last_job_raises_is_raised_by_serve(run: Any) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    async def use(thread: RequestThread) -> None:
        thread.release(fail)

    with pytest.raises(ZeroDivisionError):
        run(use)


def test_a_result_that_is_handed_over_comes_before_the_call_ends(run: Any) -> None:
    may_end = threading.Event()

    async def use(thread: RequestThread) -> None:
        def call() -> str:
            thread.hand_over("early")
            may_end.wait(TIMEOUT_S)
            return "late"

        assert await thread.run(call, discard=print) == "early"
        assert thread.is_busy
        may_end.set()
        await thread.wait_until_free()
        assert not thread.is_busy
        thread.release(lambda: "last")

    assert run(use) == "last"


def test_a_result_that_is_handed_over_too_late_is_discarded_while_the_call_goes_on(run: Any) -> None:
    has_begun, may_hand_over, is_discarded = threading.Event(), threading.Event(), threading.Event()
    ends: list[bool] = []

    async def use(thread: RequestThread) -> None:
        def call() -> None:
            has_begun.set()
            may_hand_over.wait(TIMEOUT_S)
            thread.hand_over("early")
            ends.append(is_discarded.wait(TIMEOUT_S))

        running = asyncio.create_task(thread.run(call, discard=lambda _result: is_discarded.set()))
        await asyncio.to_thread(has_begun.wait, TIMEOUT_S)
        running.cancel()
        await asyncio.wait({running})
        may_hand_over.set()
        await thread.wait_until_free()
        thread.release(lambda: "last")

    assert run(use) == "last"
    assert ends == [True]

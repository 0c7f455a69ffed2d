"""The thread that the server gave a request. It runs what may block, one job after another, and sleeps otherwise."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple

Call = Callable[[], Any]


class _Job(NamedTuple):
    """done: None for the last job. discard: called with the result if nobody waits for it any more."""

    call: Call
    done: asyncio.Future[Any] | None
    discard: Callable[[Any], object] | None = None


class RequestThread:
    """`serve` is called by the request's thread, everything else by the event loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._open_jobs = 0
        self._last: _Job | None = None
        self._running: _Job | None = None
        self._freed = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        """True while a job runs or waits for its turn."""
        return self._open_jobs > 0

    def start(self, call: Call, discard: Callable[[Any], object] | None = None) -> asyncio.Future[Any]:
        """The future result of the call, which begins after every call that was started before it.

        If the future is cancelled the call goes on, and the thread passes its result to `discard`.
        """
        self._open_jobs += 1
        self._freed.clear()
        done: asyncio.Future[Any] = self._loop.create_future()
        self._jobs.put(_Job(call, done, discard))
        return done

    async def run(self, call: Call, discard: Callable[[Any], object]) -> Any:
        """The result of the call. If this is cancelled, the thread passes the result to `discard` once it has it."""
        done = self.start(call, discard)
        try:
            return await done
        except asyncio.CancelledError:
            # Both may happen in one turn of the event loop. Then the future has the result, and nobody gets it.
            if not done.cancelled() and done.exception() is None:
                self.discard(done.result(), discard)
            raise

    def discard(self, result: Any, discard: Callable[[Any], object]) -> None:
        """Passes a result that is not used to `discard`, in the request's thread.

        A call that has handed its result over may go on until the result is discarded. `discard` then runs in the event
        loop's thread, because the request's thread is busy.
        """
        if self.is_busy:
            discard(result)
        else:
            self.start(lambda: discard(result))

    def hand_over(self, result: object) -> None:
        """Sets the result of the running call, which goes on. What the call returns in the end is ignored.

        To be called by the request's thread, once per call.
        """
        assert self._running is not None
        self._loop.call_soon_threadsafe(self._handed_over, self._running, result)

    async def wait_until_free(self) -> None:
        """Returns once no job runs or waits for its turn."""
        if self.is_busy:
            await self._freed.wait()

    def release(self, last: Call) -> None:
        """Makes the thread call `last` after all jobs, and return its result. No call may be started after this."""
        self._last = _Job(last, None)
        self._release_if_free()

    def serve(self) -> Any:
        """The result of the last job, after all others."""
        while True:
            job = self._jobs.get()
            if job.done is None:
                return job.call()
            result = error = None
            self._running = job
            try:
                result = job.call()
            except BaseException as raised:
                error = for_a_future(raised)
            self._loop.call_soon_threadsafe(self._came_back, job, result, error)
            self._running = None
            del job, result, error  # a sleeping thread keeps nothing alive

    def _handed_over(self, job: _Job, result: object) -> None:
        if job.done is None:
            return
        if not job.done.cancelled():
            job.done.set_result(result)
        elif job.discard is not None:
            job.discard(result)

    def _came_back(self, job: _Job, result: object, error: Exception | None) -> None:
        self._open_jobs -= 1
        if job.done is None:
            return
        if job.done.cancelled():
            if job.discard is not None and error is None:
                self.start(lambda: job.discard and job.discard(result))
        elif job.done.done():
            pass  # its result was handed over
        elif error is not None:
            job.done.set_exception(error)
        else:
            job.done.set_result(result)
        if not self._open_jobs:
            self._freed.set()
        self._release_if_free()

    def _release_if_free(self) -> None:
        if self._last is not None and not self._open_jobs:
            self._jobs.put(self._last)
            self._last = None


def for_a_future(error: BaseException) -> Exception:
    """The error itself, or a RuntimeError caused by it.

    A future cannot carry StopIteration, an async iterator would end with StopAsyncIteration, and SystemExit in a
    coroutine would end the event loop.
    """
    if isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration):
        return error
    carried = RuntimeError(f"{type(error).__name__} was raised by a handler or its source")
    carried.__cause__ = error
    return carried

"""The thread that the server gave a request. It runs what may block, one job after another, and sleeps otherwise."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Call = Callable[[], Any]


class RequestThread:
    """`serve` and `hand_over` are called by the request's thread, everything else by the event loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[tuple[Call, asyncio.Future[Any] | None]] = SimpleQueue()
        """A call, and the future of its result; the last call has none."""
        self._open_jobs = 0
        self._running: asyncio.Future[Any] | None = None
        self._goes_on = False
        """True while the running call goes on after it has handed its result over."""
        self._last: Call | None = None
        self._is_released = False

    @property
    def is_busy(self) -> bool:
        """True while a call runs or waits for its turn."""
        return self._open_jobs > 0

    def start(self, call: Call) -> asyncio.Future[Any]:
        """The future result of the call, which begins after every call that was started before it.

        It is cancelled if the thread has been released.
        """
        done: asyncio.Future[Any] = self._loop.create_future()
        if self._is_released:
            done.cancel()
            return done
        self._open_jobs += 1
        self._jobs.put((call, done))
        return done

    async def run(self, call: Call, discard: Callable[[Any], object]) -> Any:
        """The result of the call. If this is cancelled the call goes on, and its result is passed to `discard`."""
        done = self.start(call)

        def discard_result(_done: object) -> None:
            if done.exception() is None:
                self.discard(done.result(), discard)

        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            done.add_done_callback(discard_result)
            raise

    def discard(self, result: Any, discard: Callable[[Any], object]) -> None:
        """Passes a result that is not used to `discard`, in the request's thread.

        A call that has handed its result over may go on until the result is discarded. `discard` then runs in the event
        loop's thread, because the request's thread is busy.
        """
        if self._goes_on:
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
        """Returns once no call runs or waits for its turn."""
        while self.is_busy:
            await self.start(lambda: None)

    def release(self, last: Call) -> None:
        """Makes the thread call `last` after all others, and return its result."""
        self._last = last
        self._release_if_free()

    def serve(self) -> Any:
        """The result of the last call, after all others."""
        while True:
            call, done = self._jobs.get()
            if done is None:
                return call()
            self._running = done
            result = error = None
            try:
                result = call()
            except BaseException as raised:
                error = for_a_future(raised)
            self._loop.call_soon_threadsafe(self._came_back, done, result, error)
            self._running = None
            del call, done, result, error  # a sleeping thread keeps nothing alive

    def _handed_over(self, done: asyncio.Future[Any], result: object) -> None:
        self._goes_on = True
        done.set_result(result)

    def _came_back(self, done: asyncio.Future[Any], result: object, error: Exception | None) -> None:
        self._open_jobs -= 1
        self._goes_on = False
        if done.done():
            pass  # its result was handed over, or nobody waits for it
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)
        if not self._open_jobs:  # after whoever waits for the result, and may start another call
            self._loop.call_soon(self._release_if_free)

    def _release_if_free(self) -> None:
        if self._last is not None and not self._open_jobs:
            self._jobs.put((self._last, None))
            self._last, self._is_released = None, True


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

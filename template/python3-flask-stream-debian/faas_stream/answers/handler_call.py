"""One call of the author's handler: its async part, its cancellation, and the sources that are not streamed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from faas_stream.answers.reply import OnEnd, Stream, Whole
from faas_stream.http_client import CANCELLATION, Cancellation
from faas_stream.sources import source as sources
from faas_stream.tracebacks import print_error


class HandlerCall:
    """label: names the answer, for the log. is_ended: whether the answer has its outcome already.

    late_on_end: `on_end` of a stream that is not sent, for example because it came too late.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, label: str, is_ended: Callable[[], bool]) -> None:
        self._loop, self._label, self._is_ended = loop, label, is_ended
        self._cancellation = Cancellation()
        self._task: asyncio.Task[Any] | None = None
        self.late_on_end: OnEnd | None = None

    # ------------------------------------------------------------------ called by the request's thread

    def enter_thread(self) -> None:
        """`cancel` ends every request that this thread sends upstream from now on."""
        CANCELLATION.set(self._cancellation)

    def leave_thread(self) -> None:
        """What this thread sends upstream from now on is not ended: that of `on_end`, and of the next request."""
        CANCELLATION.set(None)

    def run_in_loop(self, awaitable: Awaitable[Any]) -> Any:
        """The result of the author's coroutine, which runs in the event loop until `cancel`.

        Raises concurrent.futures.CancelledError if the answer ends first. The coroutine does not start if the answer
        has ended already.
        """

        async def call() -> Any:
            if self._is_ended():  # nobody would receive what the coroutine asks upstream for
                self.refuse(awaitable)
                raise asyncio.CancelledError
            self._task = asyncio.current_task()
            name_task(self._task, "handler", awaitable, self._label)
            return await awaitable

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    def refuse(self, source: object) -> None:
        """Closes a source that is not streamed. May be called from any thread."""
        sources.refuse(source, self._loop)

    # ------------------------------------------------------------------ called by the event loop's

    @property
    def is_running(self) -> bool:
        """True while the author's coroutine runs."""
        return self._task is not None and not self._task.done()

    def cancel(self) -> None:
        self._cancellation.cancel()
        if self._task is not None:
            self._task.cancel()  # not its future: a result that comes at the same moment would be lost

    def discard(self, reply: Whole | Stream) -> None:
        """Closes a reply of the handler that will not be sent. Called in the request's thread.

        A reply that was handed over is closed in the event loop's thread, because the request's thread is busy.
        """
        if isinstance(reply, Stream):
            self.refuse(reply.source)
            self.late_on_end = reply.on_end
        call_safely(reply.close)


def name_task(task: "asyncio.Task[Any] | None", part: str, code: object, label: str) -> None:
    """Names the author's code in the task that runs it, for the log if it blocks the event loop."""
    if task is not None:
        name = getattr(code, "__qualname__", type(code).__qualname__)
        task.set_name(f"the {part} {name} of {label}")


def call_safely(call: Callable[[], object]) -> None:
    """Calls the author's code, whose errors go to the log."""
    try:
        call()
    except BaseException as error:  # SystemExit too, because more of the author's code follows
        print_error(error)

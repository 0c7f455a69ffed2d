"""The life of one answer: a coroutine in the event loop, from the request's admission to the last byte.

| state | entered when | left when |
|---|---|---|
| WAITING | the request has a place | the handler is loaded, and the gate grants a turn |
| HANDLING | the request's thread calls the handler | the handler has returned |
| STREAMING | there is a source | the source ends, raises, or the answer is cancelled |
| ENDING | the outcome is known | the client has taken the last bytes, or its connection is broken off |
| ENDED | the record is emitted | never. Upstream may take up to twice CLOSE_S to close; then the thread is released |

Until ENDED, `_check_limits` runs at least twice a second. It alone ends an answer from outside its coroutine: it sets
the outcome and cancels the coroutine. The first outcome stays, except that a client that is gone overrules it.

Only the event loop's thread changes an answer, so there are no locks. The request's thread does what `RequestThread`
passes it, and nothing else; its last call reads the answer, which does not change any more.
"""

import asyncio
import enum
from typing import Any

from faas_stream.answers.capacity import Place
from faas_stream.answers.connection import CONNECTION, Connection
from faas_stream.answers.handler_call import HandlerCall, call_safely, name_task
from faas_stream.answers.output import ClientDisconnectedError, Output
from faas_stream.answers.record import Record
from faas_stream.answers.registry import Answers
from faas_stream.answers.reply import FailedError, RequestHandler, StartResponse, Whole
from faas_stream.answers.request_thread import RequestThread
from faas_stream.answers.response import Response
from faas_stream.errors import FAILURES, Failure
from faas_stream.failures import logged_failure
from faas_stream.sources import source as sources
from faas_stream.tracebacks import print_error

CLOSE_S = 2.0
"""How long closing upstream may take before it is cancelled, and then once more."""

QUICK_CLOSE_S = 0.02
"""Closing mostly takes less than this, so that the place can be given back before the last bytes are sent."""

PAUSE_S = 0.25
"""A check of the limits that is so late comes after a pause: the process was stopped, or the event loop blocked."""

SMALL_BYTES = 16 * 1024
"""The kernel takes so many bytes at once from a client that has taken everything before them."""

_CLIENT_IS_GONE = ("client_disconnected", "write_stalled")


class State(enum.Enum):
    WAITING = enum.auto()
    HANDLING = enum.auto()
    STREAMING = enum.auto()
    ENDING = enum.auto()
    ENDED = enum.auto()


class Answer:
    """outcome: "" while the answer is open, then one of `record.OUTCOMES` or the code of an error."""

    def __init__(
        self, answers: Answers, handler: RequestHandler, environ: dict[str, Any], start_response: StartResponse,
        call_id: str, place: Place | None = None,
    ) -> None:  # fmt: skip
        self._answers, self._settings, self._handler = answers, answers.settings, handler
        self._loop = answers.loop
        self._environ, self._start_response = environ, start_response
        self._connection: Connection = environ.get(CONNECTION) or Connection()
        self.call = HandlerCall(self._loop, f"answer {call_id}", lambda: bool(self.outcome))
        self._source: sources.Source | None = None
        self.thread = RequestThread(self._loop)
        self._place = place
        self.call_id, self.outcome, self.state = call_id, "", State.WAITING

    # ------------------------------------------------------------------ called by the request's thread

    def serve(self) -> Any:
        """Runs the answer, and returns what the WSGI application is to return."""
        self.call.enter_thread()
        self._loop.call_soon_threadsafe(self._begin)
        return self.thread.serve()

    # ------------------------------------------------------------------ its life, from top to bottom

    def _begin(self) -> None:
        now = self._handled_at = self._loop.time()
        self._cancelled_at: float | None = None
        self._closing: asyncio.Task[None] | None = None
        self._upstream: dict[str, Any] = {}
        self._output = Output(self._environ, self._start_response, self._connection, self._loop.time)
        self._response = Response(self._output, self._handler, self._settings, self._loop.time)
        # The watchdog's limit counts from the request's head too, whatever its body and a free thread have taken.
        self._deadline_at = now - self._connection.age() + self._settings.deadline
        self._answers.count_open(1)
        self._connection.watch(is_watched=True)
        self._limits_timer = self._loop.call_later(self._answers.check_interval_s, self._check_limits)
        self._abandoned: asyncio.Future[None] = self._loop.create_future()
        self._producing = self._loop.create_task(self._produce(), name=f"answer {self.call_id}")
        # It may outlive its answer, and nobody would learn how it ends.
        self._producing.add_done_callback(lambda producing: producing.cancelled() or producing.exception())
        self._task = self._loop.create_task(self._run(), name=f"end of answer {self.call_id}")

    async def _run(self) -> None:
        whole: Whole | None = None
        failed: Failure | None = None
        try:
            # Not simply awaited: a source may swallow each cancellation, and the answer must end without it.
            ways_to_end: set[asyncio.Future[Any]] = {self._producing, self._abandoned}
            await asyncio.wait(ways_to_end, return_when=asyncio.FIRST_COMPLETED)
            whole = self._producing.result() if self._producing.done() else None
            self._end("complete")
        except ClientDisconnectedError:
            self._end("client_disconnected")
        except BaseException as error:  # SystemExit too: it would end the event loop, and every answer with it
            if not self.outcome:  # otherwise it is the cancellation by `_check_limits`, or what the source made of it
                failed = self._fail(error)
        self.state = State.ENDING
        self.call.cancel()
        closing = self._start_closing()
        try:
            await self._end_response(whole, failed or FAILURES.get(self.outcome))
        except BaseException as error:  # the thread must come back, whatever happened
            print_error(error, with_texts=self._settings.log_upstream_messages)
            self._connection.break_off()
        self._report(whole)
        await asyncio.wait({closing}, timeout=CLOSE_S)  # wait_for would wait for what swallows its cancellation
        closing.cancel()
        await asyncio.wait({closing}, timeout=CLOSE_S)  # what surrounds the part that hangs is closed all the same
        self._release_thread(whole)
        while self.call.is_running:  # an async handler that swallows its cancellation
            self.call.cancel()
            await asyncio.sleep(self._answers.check_interval_s)

    async def _produce(self) -> Whole | None:
        """Calls the handler and streams what it returns. Returns a response that is no stream."""
        await self._answers.turn()
        self.state, self._handled_at = State.HANDLING, self._loop.time()
        reply = await self.thread.run(self._handler.respond, discard=self.call.discard)
        response = self._response
        if response.stream is not None:
            try:
                reply = self._handler.continued(response.stream, reply)
            except FailedError:
                self.thread.discard(reply, self.call.discard)
                raise
        elif isinstance(reply, Whole):
            self._end("complete")  # from now on the thread alone may begin the response
            return reply
        response.stream, encoder = reply, reply.encoder
        encoder.max_record = self._settings.max_record if reply.on_end or self._answers.records_text else 0
        source = self._source = sources.Source(reply.source, encoder, self.thread, self._loop.time)
        self.state = State.STREAMING
        name_task(self._producing, "source", reply.source, f"answer {self.call_id}")
        async for batch in await source.open():
            frames = encoder.feed(batch)
            del batch
            if frames:
                if response.first_item_at is None:
                    response.begin(reply)
                sending = self._output.send(frames)
                del frames  # while a slow client takes its time, only `send` keeps what it has not written
                await sending
            encoder.check()
        end = encoder.end()
        if not source.is_left_open:
            await self.thread.wait_until_free()
        response.begin(reply)
        await self._free_place(len(end))
        await self._output.finish(end)
        return None

    async def _free_place(self, last_bytes: int = 0) -> None:
        """Gives the place back before the last bytes: a client may send its next request as soon as it has them.

        If anything is still at work, or if the client is or may be slow, the place is kept until the thread is free.
        """
        if self._place is None or last_bytes > SMALL_BYTES or self._connection.unsent():
            return
        closing, stream = self._start_closing(), self._response.stream
        await asyncio.wait({closing}, timeout=QUICK_CLOSE_S)
        if closing.done() and not self.thread.is_busy and (stream is None or stream.on_end is None):
            self._place.give_back()

    async def _end_response(self, whole: Whole | None, failed: Failure | None) -> None:
        """Tells the client how the answer ended. A response that is no stream is left to the request's thread."""
        if whole is not None and self.outcome == "complete":
            return
        try:
            if failed is not None and self.outcome not in _CLIENT_IS_GONE:
                await self._free_place()
                await self._response.fail(failed)
        except ClientDisconnectedError:
            self._end("client_disconnected")
        except asyncio.CancelledError:
            pass  # by `_check_limits`: the client is too slow
        if self.outcome == "write_stalled" or not self._output.has_room:
            self._connection.break_off()
        else:
            self._connection.end_response(is_complete=self._output.is_finished)

    def _report(self, whole: Whole | None) -> None:
        self.state = State.ENDED
        self._limits_timer.cancel()
        self._producing.cancel()
        self._output.close()
        self._answers.count_open(-1)
        self._connection.watch(is_watched=False)
        if self._response.stream is not None:
            self._answers.log_once(self._response.stream.encoder.notes)
        if whole is None or whole.code or whole.is_answer or self.outcome != "complete":
            self._answers.emit(self._record(whole))

    def _release_thread(self, whole: Whole | None) -> None:
        def last() -> Any:  # in the request's thread
            self._close_response()
            self.call.leave_thread()
            stream, source = self._response.stream, self._source
            if stream is not None:
                stream.source = self._source = None  # nothing but the author's own references keeps it now
                if source is not None and source.is_cut_at_an_item:
                    self._loop.call_soon_threadsafe(self._answers.collect_garbage_soon)
            on_end = (stream.on_end if stream is not None else None) or self.call.late_on_end
            if on_end is not None:
                call_safely(lambda: on_end(self._record(whole)))
            self._response.stream = None  # its encoder has the text, or a whole document
            if whole is not None and self.outcome == "complete":
                return whole.application(self._environ, self._start_response)
            if whole is not None:
                call_safely(whole.close)
            return ()

        self.thread.release(last)

    # ------------------------------------------------------------------ its limits

    def _check_limits(self) -> None:
        now = self._loop.time()
        # What has happened during a pause is noticed first: upstream may have sent something, and the client taken it.
        was_paused = now - self._limits_timer.when() > PAUSE_S
        waits = [at - now for at in (self._deadline_at, self._answers.drain_at) if at > now]
        self._limits_timer = self._loop.call_later(min([self._answers.check_interval_s, *waits]), self._check_limits)
        if self._connection.is_gone():
            self._stop("client_disconnected")
        elif self._connection.stalled_s() > self._settings.write_stall_timeout and not was_paused:
            self._stop("write_stalled")
        elif now >= self._deadline_at:
            self._stop("deadline_exceeded")
        elif now >= self._answers.drain_at:
            self._stop("shutting_down")
        elif self.outcome:
            if self.state is not State.ENDING:  # there, a slow client may take as long as for any other answer
                self._cancel()  # a source may have swallowed the last cancellation
        elif self._upstream_is_silent(now) and not was_paused:
            self._stop("upstream_timeout")
        else:
            try:
                self._response.fill_silence(now)
            except ClientDisconnectedError:
                self._stop("client_disconnected")

    def _upstream_is_silent(self, now: float) -> bool:
        if self.state is State.WAITING or self._output.waits_for_room:
            self._handled_at = now  # a slow client's time is not upstream's
            return False
        heard_at = self._source.heard_at if self._source else self._handled_at
        return now - max(heard_at, self._handled_at) >= self._settings.upstream_idle_timeout

    def _stop(self, outcome: str) -> None:
        self._end(outcome)
        self._cancel()

    def _end(self, outcome: str) -> None:
        if not self.outcome or (outcome in _CLIENT_IS_GONE and self.state is not State.ENDED):
            self.outcome = outcome

    def _cancel(self) -> None:
        """Cancels whatever the answer waits for; closing upstream has a limit of its own."""
        self.call.cancel()
        if self.state is not State.ENDING:
            self._producing.cancel()
            if self._cancelled_at is None:
                self._cancelled_at = self._loop.time()
            elif self._loop.time() - self._cancelled_at > CLOSE_S and not self._abandoned.done():
                self._abandoned.set_result(None)
        elif self._output.waits_for_room:
            self._task.cancel()

    # ------------------------------------------------------------------ closing, and the log record

    def _start_closing(self) -> "asyncio.Task[None]":
        if self._closing is None:
            self._closing = self._loop.create_task(self._close())
        return self._closing

    async def _close(self) -> None:
        try:
            if self._abandoned.done():
                print(f"answer {self.call_id} has ended without its source, which ignores its cancellation", flush=True)
            elif self._source is not None:
                await self._source.close()
        except Exception as error:
            print_error(error, with_texts=self._settings.log_upstream_messages)
        finally:
            await self.thread.start(self._close_response)

    def _close_response(self) -> None:
        """In the request's thread. Does nothing if it has been called before."""
        if (stream := self._response.stream) is not None:
            close, stream.close = stream.close, lambda: None  # which keeps nothing alive
            call_safely(close)

    def _fail(self, error: BaseException) -> Failure:
        if not isinstance(error, FailedError):
            failed, upstream = logged_failure(error, with_messages=self._settings.log_upstream_messages)
            error = FailedError(failed, upstream=upstream)
        self._upstream = error.upstream
        self._end(error.outcome)
        return error.failure

    def _record(self, whole: Whole | None) -> Record:
        return self._response.record(self.call_id, self.outcome, whole, self._upstream)

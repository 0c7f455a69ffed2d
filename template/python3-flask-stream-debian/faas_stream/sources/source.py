"""Opening, reading and closing whatever a handler streams. The readers know what the items mean."""

import asyncio
import enum
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Protocol

from faas_stream.sources.closing import AsyncExit, SyncExit, close_of, close_quietly
from faas_stream.sources.delta import UpstreamReadError
from faas_stream.sources.items import ItemReader
from faas_stream.sources.read_ahead import ReadAhead, is_large
from faas_stream.sources.refusals import refusal
from faas_stream.sources.shapes import (
    async_bytes,
    is_async_manager,
    is_helper,
    is_iterable,
    is_stream,
    is_sync_manager,
    is_sync_response,
    relayed,
    sync_response,
)
from faas_stream.tracebacks import print_error

_SINGLE_ITEMS = (str, bytes, bytearray, memoryview, Mapping)
"""Types of iterables that are one item each. `is_iterable` excludes pydantic's objects, which iterate over fields."""

_MOST_STEPS = 16
"""How often a source may be awaited, entered or called. Some objects return themselves, or another of their kind."""

SETTLE_S = 0.02
"""How long to wait for the end of a response after its last event, so that its connection can be used again."""


class _Mark(enum.Enum):
    """Posted by the request's thread between items."""

    STREAM_BEGINS = enum.auto()
    """The bytes of a whole SDK stream follow."""
    STREAM_ENDS = enum.auto()
    STOPPED = enum.auto()
    """The iterator has ended or raised, or the thread has stopped behind a stream."""


class Thread(Protocol):
    """The request's thread, which runs what may block."""

    def start(self, call: Callable[[], Any]) -> asyncio.Future[Any]: ...
    async def run(self, call: Callable[[], Any], discard: Callable[[Any], object]) -> Any: ...


class Readers(Protocol):
    """Makes the readers for what the source yields. An encoder of `formats` does."""

    def stream_reader(self) -> Any: ...
    def item_reader(self, *, needs_end: bool = False) -> Any: ...


class Source:
    """What a handler streams. Await `open`, iterate over its result once, and await `close`, all in the event loop.

    heard_at: when upstream last sent anything, in the loop's time. Sync iterators are read and closed in the request's
    thread. An async source must not block the loop.
    """

    def __init__(self, source: object, readers: Readers, thread: Thread, clock: Callable[[], float]) -> None:
        self._source, self._readers, self._thread, self._clock = source, readers, thread, clock
        self._batches: AsyncGenerator[Any, None] | None = None
        self.is_cut_at_an_item = False
        """True if the answer ended while an author's generator was suspended at an item that it had yielded."""
        self.is_left_open = False
        """True if upstream has said that nothing follows, but the thread still waits for the response's end."""
        self._to_close: list[Any] = []
        """The innermost is the last."""
        self.heard_at = clock()

    async def open(self) -> AsyncIterator[Any]:
        """An iterator of batches: what a reader returns for the bytes or the item that have arrived.

        Raises what the source raises, and UpstreamFailedError if an upstream stream was cut.
        """
        source, self._source = self._source, None
        self._batches = self._read(await self._resolve(source))
        return self._batches

    async def close(self) -> None:
        """Closes everything that was opened, the innermost first. Raises the first error once all are closed.

        The request's thread closes a sync source, once that thread is free.
        """
        if self._source is not None:
            self._to_close.append(self._source)
            self._source = None
        if self._batches is not None:
            await self._batches.aclose()
        await self._close_down_to(0)

    # ------------------------------------------------------------------ opening

    async def _resolve(self, source: Any) -> Any:
        """The iterator, iterable or item that the source stands for: awaited, entered or called as often as needed."""
        for _ in range(_MOST_STEPS):
            source = relayed(source)
            # LangChain's `astream_events(version="v3")` is both: awaiting it would bring the whole answer at its end.
            if inspect.isawaitable(source) and not hasattr(source, "__aiter__"):
                self._to_close.append(source)
                awaited, source = source, await source
                self._to_close.remove(awaited)
            elif is_async_manager(source):
                self._to_close.append(AsyncExit(source))
                source = _checked(source, await source.__aenter__())
            elif is_sync_manager(source):
                self._to_close.append(SyncExit(source))
                source = _checked(source, await self._thread.run(source.__enter__, discard=close_quietly))
            elif callable(source) and not is_iterable(source) and not hasattr(source, "model_dump"):
                runs_here = inspect.iscoroutinefunction(source) or inspect.isasyncgenfunction(source)
                source = source() if runs_here else await self._thread.run(source, discard=close_quietly)
            else:
                if source is not None:
                    self._to_close.append(source)
                check(source)
                return source
        raise TypeError(refusal(source))

    # ------------------------------------------------------------------ reading

    def _read(self, source: object) -> AsyncGenerator[Any, None]:
        if (pieces := async_bytes(source)) is not None:
            return self._read_bytes(pieces)
        return self._read_items(source) if hasattr(source, "__aiter__") else self._read_in_thread(source)

    async def _read_bytes(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[Any, None]:
        """The batches of an SDK's stream or a relayed response. No author's code runs, so all errors are upstream's."""
        reader = self._readers.stream_reader()
        try:
            async for data in pieces:
                self.heard_at = self._clock()
                yield reader.feed(data)
                del data
                if reader.is_over:
                    await _settle(anext(pieces))
                    break
        except Exception as error:
            raise UpstreamReadError from error
        yield reader.end()

    async def _read_items(self, source: Any) -> AsyncGenerator[Any, None]:
        reader, iterator, is_nested = self._item_reader(source), aiter(source), self.is_cut_at_an_item
        self._close_too(source, iterator)
        async for item in iterator:
            self.heard_at = self._clock()
            self.is_cut_at_an_item = True
            if is_stream(item):
                async for batch in self._read_nested(item):
                    yield batch
            else:
                held, item = [item], None  # a slow client must not keep it besides its frames
                yield reader.read(held.pop())
            self.is_cut_at_an_item = is_nested
            del item
        yield reader.end()

    async def _read_nested(self, item: object) -> AsyncGenerator[Any, None]:
        """The batches of a whole stream that a generator has yielded."""
        depth = len(self._to_close)
        async with aclosing(self._read(await self._resolve(item))) as batches:
            async for batch in batches:
                yield batch
        await self._close_down_to(depth)

    async def _read_in_thread(self, source: object) -> AsyncGenerator[Any, None]:
        """The batches of a sync iterator. The request's thread reads it, a few items ahead.

        The thread stops behind a stream among the items, which may need the thread, and goes on once that is read.
        """
        ahead = ReadAhead(asyncio.get_running_loop())
        iterators: list[Iterator[Any]] = []
        read_on = partial(self._read_on, source, iterators, ahead)
        is_one_stream, is_nested = sync_response(source) is not None, self.is_cut_at_an_item
        items, reading = self._item_reader(source), self._thread.start(read_on)
        stream: Any = None
        nested: Any = None
        try:
            while True:
                item = await ahead.get()
                self.heard_at = self._clock()
                if item is _Mark.STOPPED:
                    await reading  # raises what the iterator has raised
                    if nested is None:
                        break
                    next_stream, nested = nested, None
                    self.is_cut_at_an_item = True
                    async for batch in self._read_nested(next_stream):
                        yield batch
                    self.is_cut_at_an_item = is_nested
                    del next_stream
                    reading = self._thread.start(read_on)
                elif item is _Mark.STREAM_BEGINS:
                    stream = self._readers.stream_reader()
                elif item is _Mark.STREAM_ENDS:
                    yield stream.end()
                    stream = None
                elif stream is not None:
                    yield stream.feed(item)
                    if stream.is_over and is_one_stream:
                        await _settle(reading)
                        self.is_left_open = reading.cancelled()
                        yield stream.end()
                        break
                elif is_stream(item):
                    nested = item
                else:
                    held, item = [item], None  # a slow client must not keep it besides its frames
                    yield items.read(held.pop())
                del item  # otherwise it would stay in memory while upstream is silent
            yield items.end()
        finally:
            self._close_too(source, *iterators)
            self._to_close += [left for left in (nested, *ahead.close()) if left is not None and is_stream(left)]
            reading.cancel()

    def _read_on(self, source: object, iterators: list[Iterator[Any]], ahead: ReadAhead) -> None:
        """Runs in the request's thread. iterators: the source's, once the thread has made it."""
        try:
            if not iterators:
                iterators.append(_items_of(source))
            self._read_ahead(source, iterators[0], ahead)
        finally:
            self.is_cut_at_an_item |= ahead.is_closed
            ahead.put(_Mark.STOPPED)

    def _read_ahead(self, source: object, items: Iterator[Any], ahead: ReadAhead) -> None:
        """Puts each item, but of an SDK's stream the bytes: its objects cost more."""
        for item in items:
            response, waits_for_it = sync_response(item), False
            if not ahead.put(item if response is None else _Mark.STREAM_BEGINS):
                if is_stream(item):
                    refuse(item, ahead.loop)
                return
            if response is not None:
                try:
                    for data in _read_upstream(response.iter_bytes()):
                        ahead.put(data)
                        ahead.wait()
                        if ahead.is_closed:
                            return
                finally:
                    if item is not source:
                        item.close()
                ahead.put(_Mark.STREAM_ENDS)
            elif is_stream(item):
                return
            else:
                waits_for_it = is_large(item)
            del item
            ahead.wait(is_large=waits_for_it)
            if ahead.is_closed:
                return

    def _close_too(self, source: object, *iterators: object) -> None:
        """Has iterators closed before their iterable, if they are other objects: an `__iter__` may be a generator."""
        self._to_close += [iterator for iterator in iterators if iterator is not source]

    def _item_reader(self, source: object) -> Any:
        return self._readers.item_reader(needs_end=is_helper(source))

    # ------------------------------------------------------------------ closing

    async def _close_down_to(self, depth: int) -> None:
        error: BaseException | None = None
        while len(self._to_close) > depth:
            try:
                await self._close_one(self._to_close.pop())
            except BaseException as caught:  # a cancellation too: the others must be closed all the same
                error = error or caught
        if error is not None:
            raise error

    async def _close_one(self, opened: Any) -> None:
        opened = relayed(opened)
        if isinstance(opened, list | tuple):
            for member in filter(is_stream, opened):
                await self._close_one(member)
        elif isinstance(opened, asyncio.Future) and _has_result(opened):
            await self._close_one(opened.result())
        elif (aclose := _aclose_of(opened)) is not None:
            await aclose()
        elif inspect.iscoroutine(opened):
            opened.close()  # it may never have been awaited
        elif callable(close := close_of(opened)):
            await self._thread.start(close)


def check(source: object) -> None:
    """Raises TypeError for what is no source, as far as that can be told before it is read."""
    if source is None:
        raise TypeError("the source is None: return what the SDK's call returned, or an iterable")
    is_response = hasattr(source, "iter_bytes")
    if not is_response and not is_stream(source) and not callable(source) and not is_iterable(source):
        ItemReader().read(source)


def refuse(source: Any, loop: asyncio.AbstractEventLoop | None) -> None:
    """Closes a source that is not streamed. It is never awaited, iterated or called. May be called from any thread.

    loop: closes what only an event loop can close; without a loop, that stays open.
    """
    source = relayed(source)
    if isinstance(source, list | tuple) and close_of(source) is None:
        for member in filter(is_stream, source):
            refuse(member, loop)
    elif (aclose := _aclose_of(source)) is None:
        close_quietly(source)
    elif loop is not None:
        asyncio.run_coroutine_threadsafe(_close_in_loop(aclose), loop)


def _aclose_of(source: Any) -> Callable[[], Awaitable[None]] | None:
    """What the event loop has to call and await to close the source; None for a source that is closed otherwise."""
    if isinstance(source, asyncio.Future):
        return partial(_cancel, source)
    if hasattr(source, "aclose") and not is_sync_response(source):
        return source.aclose  # type: ignore[no-any-return]
    close = close_of(source)
    return close if inspect.iscoroutinefunction(close) else None


async def _close_in_loop(aclose: Callable[[], Awaitable[None]]) -> None:
    try:
        await aclose()
    except Exception as error:
        print_error(error)


def _checked(manager: object, source: object) -> Any:
    """The source that a context manager returned. Raises TypeError for one that returns itself, such as a client."""
    if source is manager:
        raise TypeError(refusal(manager))
    return source


async def _settle(end: Awaitable[Any]) -> None:
    """Waits for the end of a response after its last event, so that its connection can serve the next request."""
    with suppress(Exception):  # the answer is whole, whatever happens to the connection now
        async with asyncio.timeout(SETTLE_S):
            await end


def _has_result(future: asyncio.Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


async def _cancel(future: asyncio.Future[Any]) -> None:
    """Cancels a future. Of one that is done, closes the result."""
    if _has_result(future):
        refuse(future.result(), asyncio.get_running_loop())
    future.cancel()


def _items_of(source: Any) -> Iterator[Any]:
    is_one_item = sync_response(source) is not None or not is_iterable(source) or isinstance(source, _SINGLE_ITEMS)
    return iter((source,) if is_one_item else source)


def _read_upstream(pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except Exception as error:
        raise UpstreamReadError from error

"""What a handler may stream, read the same way: an iterator of items, and what each item brings.

A source is an OpenAI SDK stream (Chat Completions, Completions, Responses), what LangChain's `.stream()` yields, any
iterable of str, bytes, dict or Event, one such item alone, or a callable that returns one of these. The packages are
known by the shape of their public objects, so that none is imported here.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from faas_stream.sources import langchain, openai, raw
from faas_stream.sources.body import Body
from faas_stream.sources.chunk import COMPLETED, PAUSE, Batch, Chunk, StreamFailedError

__all__ = ["COMPLETED", "PAUSE", "Batch", "Chunk", "Source", "StreamFailedError", "read"]


class Source:
    """An opened source: iterate it once, then close it; by one thread at a time.

    Closing reaches upstream: an SDK's stream that is merely dropped lives on until the garbage collector runs, and is
    paid for to its last token. pauses: set it first, to be given PAUSE instead of a wait, where that is possible.
    """

    def __init__(self, source: Any) -> None:
        self._source = source
        self.pauses = False
        self._body: Body | None = None
        self._open: list[Callable[[], object]] = []
        self._close_later(source)  # also if it is never iterated: upstream has begun to answer by now

    def __iter__(self) -> Iterator[Any]:
        given, self._source = self._source, None
        source = given
        while callable(source) and not isinstance(source, Iterable):
            source = source()
        if not isinstance(source, Iterable) and hasattr(source, "__enter__"):  # client.responses.stream(…)
            manager, source = source, source.__enter__()
            self._open.append(partial(manager.__exit__, None, None, None))
        if source is not given:
            self._close_later(source)
        if (body := raw.body_of(source)) is not None:
            body.pauses = self.pauses
            self._body = body
            self._open[-1] = body.close  # the stream's own would keep all that the SDK has made for it
            return raw.batches(body)
        if isinstance(source, str | bytes | bytearray | Mapping) or not isinstance(source, Iterable):
            source = (source,)
        items: Iterator[Any] = iter(source)
        if items is not source:
            self._close_later(items)
        return items

    @property
    def readable(self) -> Any:
        """The socket to wait for where the source has yielded PAUSE."""
        return self._body and self._body.readable

    def close(self) -> None:
        """Closes what was opened, the innermost first, each also if one before it fails. May be called repeatedly."""
        if self._open:
            try:
                self._open.pop()()
            finally:
                self.close()

    def _close_later(self, thing: Any) -> None:
        close = getattr(thing, "close", None)
        if callable(close):
            self._open.append(close)


def read(item: Any) -> Chunk:
    """What `item` brings. Raises StreamFailedError if it says that upstream failed, TypeError if it is no item."""
    cls = type(item)
    reader = _readers.get(cls)
    if reader is None:
        reader = _readers[cls] = _reader(cls, item)
    return reader(item)


def _reader(cls: type, item: Any) -> Callable[[Any], Chunk]:
    for base, reader in _BUILT_IN:
        if issubclass(cls, base):
            return reader
    if hasattr(item, "content") and hasattr(item, "response_metadata"):
        return langchain.read_message
    if hasattr(item, "generation_info") and hasattr(item, "text"):
        return langchain.read_generation
    if hasattr(item, "to_dict") and (hasattr(item, "choices") or hasattr(item, "type")):
        return openai.read_object
    if hasattr(item, "__aiter__") or hasattr(item, "__await__"):
        raise TypeError(f"{cls.__qualname__} is asynchronous, but a source is read from a thread: use the sync client")
    raise TypeError(
        f"{cls.__module__}.{cls.__qualname__} cannot be streamed. Expected str, bytes, dict, Event, a stream of the "
        "OpenAI SDK, LangChain's .stream(), an iterable of these, or a callable that returns one."
    )


_BUILT_IN: tuple[tuple[Any, Callable[[Any], Chunk]], ...] = (
    (str, lambda item: Chunk(text=item)),
    ((bytes, bytearray, memoryview), lambda item: Chunk(text=base64.b64encode(item).decode("ascii"))),
    ((Mapping, list), lambda item: Chunk(value=item, has_value=True)),
)
_readers: dict[type, Callable[[Any], Chunk]] = {}

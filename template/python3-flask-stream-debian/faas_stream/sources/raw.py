"""An OpenAI SDK stream, read from the bytes of its HTTP response.

The SDK builds a pydantic object for every token, of which a reader gets to see a few letters. Its stream carries the
response, so its bytes are read instead: unknown fields stay as they are, and what one read brought stays together.
"""

import inspect
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from faas_stream.sources.body import Body
from faas_stream.sources.chunk import PAUSE, Batch, Chunk, StreamFailedError
from faas_stream.sources.openai import read_event


def body_of(source: Any) -> Body | None:
    """The body of an SDK's stream, which is not to be read any more; None if it is none, or has been read from."""
    iterator: Any = getattr(source, "_iterator", None)
    response = getattr(source, "response", None)
    is_fresh = inspect.isgenerator(iterator) and inspect.getgeneratorstate(iterator) == inspect.GEN_CREATED
    is_sdk = type(source).__module__.partition(".")[0] == "openai" and type(source).__name__ == "Stream"
    if not (is_sdk and is_fresh and hasattr(response, "iter_bytes")):
        return None
    iterator.close()  # the two hold each other, and all that was made for the request, until garbage is looked for
    return Body(response, owner=getattr(source, "_client", None))


def batches(reads: Iterable[bytes]) -> Iterator[Batch]:
    """The chunks of a stream of OpenAI's events, a batch for each read that completed any.

    Raises StreamFailedError if upstream says that it failed, or if it ends without saying that it is complete.
    """
    events = _Events()
    for read in chain(reads, [b"\n\n"]):  # providers leave out the last blank line now and then
        if not read:
            yield PAUSE
        elif events.feed(read):
            yield events.batch()
            if events.failure:
                raise StreamFailedError(events.failure)
            if events.is_over:
                return
    if not events.is_finished:
        raise StreamFailedError("the stream broke off")


class _Events:
    """Name and data of each event (WHATWG HTML, section 9.2.6), and what it brings.

    is_finished: an answer's end was seen. is_over: the stream's was. failure: what upstream said instead.
    """

    def __init__(self) -> None:
        self._rest = self._name = b""
        self._data: list[bytes] = []
        self._found: list[tuple[bytes, bytes]] = []
        self.is_finished = self.is_over = False
        self.failure = ""

    def feed(self, read: bytes) -> bool:
        """True if it completed any event."""
        *lines, self._rest = (self._rest + read).split(b"\n")
        for ended in lines:
            line = ended.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif line.startswith(b"event:"):
                self._name = line[6:].strip()
            elif not line:
                if self._data:
                    self._found.append((self._name, b"\n".join(self._data)))
                self._name, self._data = b"", []
        return bool(self._found)

    def batch(self) -> Batch:
        """What the completed events bring, up to the end or to a failure: what came before it is still the reader's."""
        found, self._found = self._found, []
        chunks: list[Chunk] = []
        for name, data in found:
            self.is_over = data.startswith(b"[DONE]")
            chunk = None if self.is_over else self._chunk(name, data)
            if chunk is None:
                break
            self.is_finished = self.is_finished or chunk.finish_reason is not None
            chunks.append(chunk)
        return Batch(chunks)

    def _chunk(self, name: bytes, data: bytes) -> Chunk | None:
        try:
            if name == b"error":
                raise StreamFailedError("an error event")
            verbatim = data.decode("utf-8", "replace")
            return read_event(json.loads(verbatim), verbatim)
        except StreamFailedError as error:
            self.failure = str(error)
        except (ValueError, LookupError, TypeError, AttributeError):
            self.failure = "an event that is not OpenAI's"
        return None

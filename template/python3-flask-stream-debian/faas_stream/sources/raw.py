"""An OpenAI SDK stream, read from the bytes of its HTTP response.

The SDK builds a pydantic object for every token, of which a reader gets to see a few letters. Its stream carries the
response, so its bytes are read instead: unknown fields stay as they are, and what one read brought stays together.
"""

import inspect
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from faas_stream.sources.chunk import PAUSE, Batch, Chunk, StreamFailedError
from faas_stream.sources.openai import read_event


def response_of(source: Any) -> Any:
    """The unread HTTP response of an SDK's stream, or None where `source` is none, or has been read from already."""
    iterator = getattr(source, "_iterator", None)
    response = getattr(source, "response", None)
    is_fresh = inspect.isgenerator(iterator) and inspect.getgeneratorstate(iterator) == inspect.GEN_CREATED
    is_sdk = type(source).__module__.partition(".")[0] == "openai" and type(source).__name__ == "Stream"
    return response if is_sdk and is_fresh and hasattr(response, "iter_bytes") else None


def batches(reads: Iterable[bytes]) -> Iterator[Batch]:
    """The chunks of a stream of OpenAI's events, a batch for each read that completed any.

    Raises StreamFailedError if upstream says that it failed, or if it ends without saying that it is complete.
    """
    is_finished = False
    for events in _events(reads):
        if events is None:
            yield PAUSE
            continue
        found: list[Chunk] = []
        for name, data in events:
            if data.startswith(b"[DONE]"):
                yield Batch(found)
                return
            chunk = _chunk(name, data)
            if isinstance(chunk, StreamFailedError):
                yield Batch(found)  # what came before the failure is still the reader's
                raise chunk
            is_finished = is_finished or chunk.finish_reason is not None
            found.append(chunk)
        yield Batch(found)
    if not is_finished:
        raise StreamFailedError("the stream broke off")


def _chunk(name: bytes, data: bytes) -> Chunk | StreamFailedError:
    try:
        if name == b"error":
            return StreamFailedError("error event")
        verbatim = data.decode("utf-8", "replace")
        return read_event(json.loads(verbatim), verbatim)
    except StreamFailedError as error:
        return error
    except (ValueError, LookupError, TypeError, AttributeError):
        return StreamFailedError("an event that is not OpenAI's")


def _events(reads: Iterable[bytes]) -> Iterator[list[tuple[bytes, bytes]] | None]:
    """Name and data of each event (WHATWG HTML, section 9.2.6), by the read that completed it; None for an empty."""
    rest, name = b"", b""
    data: list[bytes] = []
    for read in chain(reads, [b"\n\n"]):  # providers leave out the last blank line now and then
        if not read:
            yield None
            continue
        events = []
        *lines, rest = (rest + read).split(b"\n")
        for ended in lines:
            line = ended.removesuffix(b"\r")
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif line.startswith(b"event:"):
                name = line[6:].strip()
            elif not line:
                if data:
                    events.append((name, b"\n".join(data)))
                name, data = b"", []
        if events:
            yield events

"""What a source is, recognised by its members, so that no package of an SDK has to be imported."""

import inspect
from collections.abc import Iterable
from typing import Any


def relayed(source: Any) -> Any:
    """The HTTP response in what `passthrough` returns; any other source itself."""
    return getattr(source, "upstream_response", None) or source


def is_iterable(source: object) -> bool:
    """True for a sync or async iterable. pydantic's objects are none: they would iterate over their fields."""
    if hasattr(source, "model_dump"):
        return False
    return isinstance(source, Iterable) or hasattr(source, "__aiter__")


def is_async_manager(source: object) -> bool:
    """True for an async context manager that has to be entered before it can be iterated over."""
    return hasattr(source, "__aenter__") and not is_iterable(source)


def is_sync_manager(source: object) -> bool:
    """True for a context manager that has to be entered before it can be iterated over."""
    return hasattr(source, "__enter__") and not is_iterable(source) and not hasattr(source, "__aenter__")


def is_helper(source: object) -> bool:
    """True for what an SDK's `.stream()` helper yields its events from. They have an end of their own."""
    return any(hasattr(source, f"get_final_{name}") for name in ("completion", "response", "message"))


def is_stream(item: object) -> bool:
    """True for a whole stream among a generator's items, or what will become one."""
    return not isinstance(item, str | bytes | dict) and (  # most items, which are none
        inspect.isawaitable(item)
        or hasattr(item, "__aiter__")
        or is_async_manager(item)
        or is_sync_manager(item)
        or sync_response(item) is not None
    )


def _unread_response(source: object) -> Any:
    """The HTTP response of an SDK's stream, or the source itself if it is one; None for other sources.

    An SDK makes a pydantic object of each event, which costs four times as much as everything that is done here per
    token. So the response's bytes are read instead. Returns None as well if somebody has begun to read them.
    """
    is_response = hasattr(source, "iter_bytes")
    response = source if is_response else getattr(source, "response", None)
    can_be_read = is_response or hasattr(source, "__next__") or hasattr(source, "__anext__")
    if not can_be_read or not hasattr(response, "iter_bytes") or getattr(response, "is_stream_consumed", True):
        return None
    return response


def async_bytes(source: object) -> Any:
    """The bytes of an unread response whose reads are asynchronous, else None."""
    response = _unread_response(source)
    if not hasattr(getattr(response, "stream", None), "__aiter__"):
        return None
    return response.aiter_bytes() if "content-encoding" in response.headers else response.aiter_raw()


def sync_response(source: object) -> Any:
    """An unread response whose reads block, else None."""
    response = _unread_response(source)
    return None if hasattr(getattr(response, "stream", None), "__aiter__") else response


def is_sync_response(source: Any) -> bool:
    """True for httpx's Response with blocking reads, which has an `aclose` nevertheless."""
    return hasattr(source, "iter_bytes") and not hasattr(source.stream, "__aiter__")

"""How a source is ended: by `aclose`, `close`, `abort`, or the exit of its context manager."""

from contextlib import suppress
from typing import Any


def close_quietly(source: object) -> None:
    """Closes a sync source. Its own errors are suppressed."""
    if callable(close := close_of(source)):
        with suppress(Exception):
            close()


def close_of(source: Any) -> Any:
    """What ends a source: `close`, or `abort` of LangGraph's runs, which have no other; None for other sources."""
    with suppress(AttributeError):
        return source.close
    with suppress(AttributeError):
        return source.abort
    return None


class AsyncExit:
    """Leaves an async context manager when it is closed."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    async def aclose(self) -> None:
        await self._manager.__aexit__(None, None, None)


class SyncExit:
    """Leaves a context manager when it is closed."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    def close(self) -> None:
        self._manager.__exit__(None, None, None)

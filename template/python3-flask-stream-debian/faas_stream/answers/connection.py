"""What an answer needs to know about its client's connection, beyond WSGI. The engine implements it."""

from typing import Protocol

CONNECTION = "faas_stream.connection"
"""The key of the connection in a request's environ."""


class Connection(Protocol):
    """A client's connection while one request is served. All methods may be called from any thread, and never block."""

    def age(self) -> float:
        """Seconds since the request began to arrive."""

    def is_gone(self) -> bool:
        """True after the client has disconnected."""

    def unsent(self) -> int:
        """Bytes that the client's kernel and ours have not taken yet."""

    def taken(self) -> int:
        """Bytes that the kernel has taken so far. The client is stuck while this stands still and bytes are unsent."""

    def end_response(self, *, is_complete: bool) -> None:
        """Ends the response in place of the request's thread. If it is not complete, the client sees it break.

        To be called only if the client has room, because it would block otherwise. Does nothing if the client is gone.
        """

    def break_off(self) -> None:
        """Closes the connection now; the client sees a reset."""


class UnknownConnection:
    """The connection under a server that tells nothing about it, such as Flask's test client."""

    def age(self) -> float:
        return 0.0

    def is_gone(self) -> bool:
        return False

    def unsent(self) -> int:
        return 0

    def taken(self) -> int:
        return 0

    def end_response(self, *, is_complete: bool) -> None:
        pass

    def break_off(self) -> None:
        pass

"""What an answer needs to know about its client's connection, beyond WSGI."""

AFTER_BODY_S = 0.003
"""No response begins sooner after the last byte of the request's body. The watchdog's proxy may still read the body
until then, and it cuts some quicker responses: 2 of 1,200 on a busy machine, none of 6,000 with this (T17)."""

CONNECTION = "faas_stream.connection"
"""The key of the connection in a request's environ."""


class Connection:
    """A client's connection while one request is served. All methods may be called from any thread, and never block.

    This class knows nothing of the connection, as under Flask's test client. The engine has a subclass that does.
    """

    def age(self) -> float:
        """Seconds since the request began to arrive."""
        return 0.0

    def is_gone(self) -> bool:
        """True after the client has disconnected."""
        return False

    def unsent(self) -> int:
        """Bytes that our kernel has not taken yet. The client may not have read what the kernel has taken."""
        return 0

    def stalled_s(self) -> float:
        """For how many seconds the client has taken none of the unsent bytes; 0 if there are none."""
        return 0.0

    def watch(self, *, is_watched: bool) -> None:
        """While it is watched, only its answer breaks it off for a client that stalls; the server does otherwise."""

    def close_after_response(self) -> None:
        """The response is the last of its connection. To be called before it begins.

        Its thread may still be at work when it ends, and the next request on the connection would wait for that thread.
        """

    def end_response(self, *, is_complete: bool) -> None:
        """Ends the response in place of the request's thread. If it is not complete, the client sees it break.

        Does nothing if the client is gone.
        """

    def break_off(self) -> None:
        """Closes the connection now; the client sees a reset."""

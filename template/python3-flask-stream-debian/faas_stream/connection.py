"""What the server tells of the reader's connection, beyond WSGI."""

from collections.abc import Generator, Iterable
from typing import Protocol

from faas_stream.pump import Parked

Work = Generator[Parked, None, Iterable[bytes]]
"""What is done for a request. Yields where it needs no thread for a while; returns what is left to the server."""

ENVIRON_KEY = "faas_stream.connection"
"""Where the server's edge puts it in a request's environ."""


class Connection(Protocol):
    """One reader's connection; safe to use from any thread."""

    def gone(self) -> bool:
        """True once the reader has left."""

    def unsent(self) -> tuple[int, float]:
        """The bytes the reader has not taken yet, and a number that changes when it takes some."""

    def is_full(self) -> bool:
        """True while a write would block."""

    def wait_for_room(self) -> None:
        """Returns once a write would not block, or the connection is gone."""

    def finish(self) -> None:
        """Ends the answer as it stands, and closes the connection, in place of a thread that does not come back."""

    def abort(self) -> None:
        """Closes the connection at once, so that the reader sees a break."""

    def carry_out(self, work: Work) -> Iterable[bytes]:
        """Does the work, and gives what it returns. Each step of it may be taken by another thread."""


class UnknownConnection:
    """The connection under a server that tells nothing of it, such as Flask's test client."""

    def gone(self) -> bool:
        return False

    def unsent(self) -> tuple[int, float]:
        return 0, 0.0

    def is_full(self) -> bool:
        return False

    def wait_for_room(self) -> None:
        pass

    def finish(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def carry_out(self, work: Work) -> Iterable[bytes]:
        try:
            while True:
                next(work)
        except StopIteration as ended:
            left: Iterable[bytes] = ended.value
            return left

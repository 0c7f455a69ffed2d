"""The pieces of an answer, passed on as they come.

A thread of its own does so while that may block or go wrong; the pump does, where the source can be waited for.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from math import inf
from typing import Any

from faas_stream.connection import Connection
from faas_stream.reply import SLICE_BYTES, Outgoing


class Flow:
    """pass_on: writes a piece. wait_for_room: until the reader has taken enough. may_pause: there is a pump."""

    def __init__(
        self, answer: Outgoing, pass_on: Callable[[bytes], None], *, connection: Connection,
        wait_for_room: Callable[[], None], may_pause: bool,
    ) -> None:  # fmt: skip
        self._answer, self._pass_on = answer, pass_on
        self._connection, self._wait_for_room = connection, wait_for_room
        # Padding joins pieces, to more than may be written without a wait.
        self._may_pause = may_pause and answer.padding is None
        self._pieces: Iterator[bytes | None] = iter(())
        self._held: list[bytes] = []  # the piece that the pump has left to a thread of the answer's own
        self._error: BaseException | None = None

    def run(self) -> Iterator[Any]:
        """To the answer's end. Yields the socket to wait for, whenever steps can go on from there.

        Raises what its source raises, and what `pass_on` does.
        """
        if self._may_pause:
            self._answer.pause()
        self._pieces = iter(self._answer)
        while not self._go_on():
            self._wait_for_room()
            if self._may_pause:
                yield self._answer.readable
            if self._error:
                raise self._error

    def step(self) -> bool:
        """Goes on in the pump's thread. False where a thread of its own has to: it may block, and clears up."""
        try:
            return not self._connection.is_full() and not self._go_on(SLICE_BYTES) and not self._held
        except BaseException as error:
            self._error = error
            return False

    def _go_on(self, most: float = inf) -> bool:
        """Passes on what there is. False if more is to come, True at the end. most: bytes; a larger piece is held."""
        for piece in chain(self._held, self._pieces):
            if piece is None:
                return False
            if len(piece) > most:
                self._held = [piece]
                return False
            self._held = []
            self._pass_on(piece)
        return True

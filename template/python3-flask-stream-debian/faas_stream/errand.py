"""What is done for one request, by one thread after another, in one context: what contextvars keep stays with it."""

from collections.abc import Callable, Iterable
from contextvars import copy_context

from faas_stream.connection import Work
from faas_stream.pump import Parked


class Left(BaseException):
    """No thread is needed for a while. A BaseException, since the server's own code is to let it pass."""

    def __init__(self, parked: Parked) -> None:
        super().__init__()
        self.parked = parked


class Errand:
    """begin: calls the application, with a connection whose `carry_out` is this one's; go_on: for each thread after."""

    def __init__(self) -> None:
        self._context = copy_context()
        self._work: Work | None = None
        self._parked: Parked | None = None

    @property
    def has_begun(self) -> bool:
        return self._work is not None

    def begin(self, call: Callable[[], object]) -> None:
        """Raises Left, and what the application raises."""
        self._context.run(call)
        if self._parked:
            raise Left(self._parked)

    def carry_out(self, work: Work) -> Iterable[bytes]:
        """What the application is to return. It raises no Left: what watches applications would report an error."""
        try:
            self._parked = next(work)
        except StopIteration as ended:
            left: Iterable[bytes] = ended.value
            return left
        self._work = work
        return ()

    def go_on(self) -> None:
        """Does what is left of the work. Raises Left."""
        assert self._work
        if parked := self._context.run(next, self._work, None):
            raise Left(parked)

"""The places that `max_streams` gives, counted from outside: by filling them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

from tests.faults.client import DOCUMENT, Client, ask
from tests.platform.deadline import wait_until
from tests.platform.running import Running

PLACES = 64
"""What `max_streams` is in a module that uses `wait_until_all_are_free`."""


def wait_until_all_are_free(function: Running, places: int = PLACES) -> None:
    """Returns once `places` answers can be open at the same time, which shows that every thread is free."""
    wait_until(lambda: admitted(function, places) == places, f"all {places} places are free")


def admitted(function: Running, number: int) -> int:
    """How many of so many answers are admitted at the same time."""
    with ExitStack() as stack:
        name, clients = _open(stack, function, number)
        is_admitted = [client.status == 200 for client in clients]
        _release(function, name, clients)
    return sum(is_admitted)


@contextmanager
def held(function: Running, number: int) -> Iterator[None]:
    """So many answers are open in the block. Waits for places that are not free yet."""
    name, clients = "", list[Client]()
    with ExitStack() as stack:

        def is_held() -> bool:
            nonlocal name, clients
            name, clients = _open(stack, function, number)
            if all(client.status == 200 for client in clients):
                return True
            _release(function, name, clients)
            return False

        wait_until(is_held, f"{number} places are held")
        try:
            yield
        finally:
            _release(function, name, clients)


def admit(ask_for_it: Callable[[], Client], has_arrived: Callable[[], bool]) -> Client:
    """A client whose request has arrived. Tries again after 429, because an earlier answer may still have the place."""
    made: list[Client] = []

    def is_admitted() -> bool:
        if not made:
            made.append(ask_for_it())
        if not has_arrived() and not made[0].hears_nothing(0) and made[0].status == 429:
            made.pop().disconnect()
        return bool(made) and has_arrived()

    wait_until(is_admitted, "a request is admitted")
    return made[0]


def _open(stack: ExitStack, function: Running, number: int) -> tuple[str, list[Client]]:
    name = uuid4().hex
    # Without a body: of thousands of answers to a body, a busy machine cuts one now and then (T17).
    path = f"/blocked/until_released?name={name}"
    clients = [stack.enter_context(Client(function, path, body="", method="GET")) for _ in range(number)]
    for client in clients:
        assert client.status in (200, 429)
    return name, clients


def _release(function: Running, name: str, clients: list[Client]) -> None:
    ask(function, "/blocked/release", name, accept=DOCUMENT)
    for client in clients:
        client.read_all()

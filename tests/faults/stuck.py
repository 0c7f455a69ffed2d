"""Clients that never read."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tests.faults.client import SSE, SlowClient
from tests.faults.process import port_of, unsent_by_kernel
from tests.platform.deadline import wait_until
from tests.platform.running import Running


class Stuck(NamedTuple):
    """most_in_kernel: the most bytes that waited in the kernel for one of them."""

    clients: list[SlowClient]
    most_in_kernel: int


@contextmanager
def stuck(function: Running, number: int, paths: list[str], body: str, accept: str = SSE) -> Iterator[Stuck]:
    """`number` clients that never read. All buffers are full, from the client back to the function's own socket."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(SlowClient(function, paths[at % len(paths)], body, accept=accept))
            for at in range(number)
        ]
        port, most = port_of(function), 0

        def are_all_stuck() -> bool:  # on a busy machine the first may be disconnected before the last are stuck
            nonlocal most
            unsent = [size for size in unsent_by_kernel(port) if size]
            most = max([most, *unsent])
            return len(unsent) + sum(one.has_record() for one in clients) >= number

        wait_until(are_all_stuck, "all are stuck")
        yield Stuck(clients, most)

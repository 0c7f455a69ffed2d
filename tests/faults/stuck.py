"""Clients that never read."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.faults.client import SSE, SlowClient
from tests.faults.process import port_of, unsent_by_kernel
from tests.platform.deadline import wait_until
from tests.platform.running import Running


@contextmanager
def stuck(function: Running, number: int, paths: list[str], body: str, accept: str = SSE) -> Iterator[list[SlowClient]]:
    """`number` clients that never read. All buffers are full, from the client back to the function's own socket."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(SlowClient(function, paths[at % len(paths)], body, accept=accept))
            for at in range(number)
        ]
        port = port_of(function)

        def are_all_stuck() -> bool:  # on a busy machine the first may be disconnected before the last are stuck
            return len(list(filter(None, unsent_by_kernel(port)))) + sum(one.has_record() for one in clients) >= number

        wait_until(are_all_stuck, "all are stuck", 60)
        yield clients

"""Clients that never read."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.faults.client import SSE, SlowClient
from tests.faults.process import port_of, unsent_by_kernel
from tests.platform.deadline import wait_until
from tests.platform.running import Running


@contextmanager
def stuck(function: Running, number: int, paths: list[str], body: str, accept: str = SSE) -> Iterator[list[SlowClient]]:
    """So many clients that never read, with each way to the function full to the function's own socket."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(SlowClient(function, paths[at % len(paths)], body, accept=accept))
            for at in range(number)
        ]
        port = port_of(function)
        wait_until(lambda: len([size for size in unsent_by_kernel(port) if size]) >= number, "all are stuck", 20)
        yield clients

"""Clients of every kind of source that disconnect in every situation."""

import threading

from tests.faults.client import BEAT, SSE, clients_of
from tests.faults.kinds import CLOSED_AT_ONCE
from tests.faults.places import wait_until_all_are_free
from tests.faults.scripts import as_prompted, situations
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream

NOTICED_WITHIN_S = 3.0
"""The promise is one second. These tests allow for a busy machine."""


def assert_all_may_disconnect(function: Running, upstream: Upstream, accept: str, kinds: list[str]) -> None:
    """Each call upstream ends, each answer is logged, each place is free again, and no SDK retries its request."""
    speaks = threading.Event()
    scripts = situations(speaks)
    upstream.script = as_prompted(scripts)
    try:
        with clients_of(function, kinds, scripts, accept=accept) as clients:
            upstream.wait_for_call(len(clients))
            for (_kind, situation), client in clients.items():
                if accept == SSE:
                    client.until(BEAT if situation.startswith("before") else b"data: first\n\n")
        at_once = sum(kind in CLOSED_AT_ONCE for kind, _ in clients)
        wait_until(
            lambda: sum(call.disconnected.is_set() for call in upstream.calls) >= at_once,
            f"{at_once} connections to upstream are closed",
            NOTICED_WITHIN_S,
        )
        outcomes = {case: client.record()["outcome"] for case, client in clients.items()}
        assert outcomes == dict.fromkeys(clients, "client_disconnected")
    finally:
        speaks.set()  # otherwise a failure here would keep the places of other tests
    still_open = [call.prompt for call in upstream.calls if not call.disconnected.wait(5)]
    assert not still_open, f"upstream's connection is still open in these situations: {still_open}"
    wait_until_all_are_free(function)
    assert len(upstream.calls) == len(clients)

"""Fixtures: a watchdog in front of the test's own upstream, with a placeholder for the function's process."""

from collections.abc import Iterator

import pytest

from tests.platform.processes import PLACEHOLDER
from tests.platform.running import Running
from tests.platform.upstream import Upstream
from tests.platform.watchdogs import Watchdog


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as listening:
        yield listening


@pytest.fixture
def running(watchdog: Watchdog, upstream: Upstream) -> Iterator[Running]:
    with watchdog.start(PLACEHOLDER, env={"upstream_url": upstream.url}) as started:
        yield started

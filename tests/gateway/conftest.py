"""Fixtures: a gateway in front of an upstream that is the test's own function."""

from collections.abc import Iterator

import pytest

from tests.platform.gateways import FUNCTION, Gateway
from tests.platform.running import Running
from tests.platform.upstream import Upstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as listening:
        yield listening


@pytest.fixture(scope="module")
def chain(gateway: Gateway, upstream: Upstream) -> Iterator[Running]:
    """One process for all tests: no call changes what the next call gets."""
    with gateway.start({FUNCTION: upstream.url}) as running:
        yield running

"""Fixtures of the gateway: `gateway`, in front of each kind of provider, and `way`, each way to reach a function."""

import pytest

from tests.fronts import DIRECT, Front
from tests.platform.gateways import Chain, Gateway, Provider
from tests.platform.plugin import NAMES, obtain

PROVIDERS: list[Provider] = ["faas-netes", "faasd"]
WAYS = ["direct", *NAMES, *PROVIDERS]


@pytest.fixture(scope="session", params=PROVIDERS)
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """A gateway to start in front of functions. Skipped without Go, except in CI, where that is a failure."""
    return _gateway(request.param)


@pytest.fixture(scope="session", params=WAYS)
def way(request: pytest.FixtureRequest) -> Front:
    """waitress directly, behind each watchdog of this machine, and behind gateway, provider and the stand-in."""
    return obtain_way(request.param)


def obtain_way(name: str) -> Front:
    """The way of this name, one of WAYS; skips or fails as `gateway` does."""
    if name == "direct":
        return DIRECT
    for provider in PROVIDERS:
        if name == provider:
            return Chain(_gateway(provider), obtain("standin"))
    return obtain(name)


def _gateway(provider: Provider) -> Gateway:
    obtain("standin")  # the gateway is built with the same tool
    return Gateway(provider)

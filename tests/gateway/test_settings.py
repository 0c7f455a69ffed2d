"""The gateway's settings."""

import pytest

from tests.platform.gateways import Gateway
from tests.platform.running import WatchdogEndedError


@pytest.mark.parametrize(
    "settings", [{"provider": "swarm"}, {"functions": "chat"}, {"write_timeout": "soon"}, {"port": "x"}], ids=str
)
def test_a_setting_that_cannot_be_read_stops_the_start(gateway: Gateway, settings: dict[str, str]) -> None:
    with pytest.raises(WatchdogEndedError, match=next(iter(settings))), gateway.start({}, **settings):
        pass

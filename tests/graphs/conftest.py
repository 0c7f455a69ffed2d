"""One process with chains and agents, for the tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.client import ask
from tests.fronts import DIRECT, lay_out, serve
from tests.graphs.function.sources import NAMES
from tests.graphs.scripts import converse, say
from tests.platform.running import Running
from tests.upstream import Upstream

WHOLE = converse(in_tool=lambda call: say(call, "fine"))


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory, server: Upstream) -> Iterator[Running]:
    """The function, after one answer of each of its sources, because first calls of the packages take their time."""
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", Path(__file__).parent / "function")
    with serve(DIRECT, folder, heartbeat_interval="100ms", openai_base_url=server.url) as running:
        server.script = WHOLE
        for name in NAMES:
            ask(running, f"/{name}")
        yield running

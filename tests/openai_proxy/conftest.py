"""The proxy, laid out, and the upstream it asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fronts import FUNCTIONS, lay_out
from tests.upstream import Call, Upstream


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy's build folder; its key is `test-key`."""
    return lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "openai-proxy")


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with Upstream(Call.finish) as upstream:
        yield upstream


@pytest.fixture
def upstream(server: Upstream) -> Upstream:
    """The module's upstream, as new."""
    server.script = Call.finish
    server.calls.clear()
    return server

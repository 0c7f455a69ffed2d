"""The proxy, laid out, and its upstream."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fronts import FUNCTIONS, lay_out
from tests.raw_upstream import RawUpstream


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy's build folder; its key is `test-key`."""
    return lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "openai-proxy")


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    """An upstream of raw bytes, for the tests of one file."""
    with RawUpstream(lambda call: call.close()) as upstream:
        yield upstream

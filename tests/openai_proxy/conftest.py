"""The proxy, laid out, and the upstream it asks."""

from pathlib import Path

import pytest

from tests.fronts import FUNCTIONS, lay_out


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy's build folder; its key is `test-key`."""
    return lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "openai-proxy")

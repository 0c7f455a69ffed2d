"""A project with `./scripts/run`, which uses the virtual environment of the tests."""

from pathlib import Path

import pytest

from tests.project import Checkout, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Checkout(tmp_path)
    made.use_venv()
    return made

"""Settings: one that cannot be read stops the start, with a line that names it and what was expected."""

from pathlib import Path

import pytest

from faas_stream.settings import TABLE
from tests.fronts import DIRECT, Front, lay_out, serve

# In the templates of OpenFaaS, and here, any value except true and 1 is false.
LENIENT = {"RAW_BODY", "suppress_lock"}
CHECKED = [setting.name for setting in TABLE if setting.name not in LENIENT]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "fn", "def handle(req):\n    return req\n")


@pytest.mark.parametrize("name", CHECKED)
def test_a_setting_that_cannot_be_read_stops_the_start(bare: Path, name: str) -> None:
    with serve(DIRECT, bare, {name: "-1 bananas"}, until="spawned") as running:
        assert running.wait() == 1
        (line,) = running.output()
        assert f"{name}='-1 bananas'" in line
        assert "expected" in line


def test_the_watchdog_ends_with_it(front: Front, bare: Path) -> None:
    with serve(front, bare, until="spawned", drain_timeout="soon") as running:
        assert running.wait() == 1
        running.wait_for_line("drain_timeout='soon'")

"""The container's limit on threads, and what it makes of `max_streams`."""

from pathlib import Path

import pytest

from faas_stream.settings import SettingError, Settings
from faas_stream.thread_limit import OTHER_THREADS, SPARE_THREADS, fit_max_streams


def cgroup(folder: Path, most: str, current: int = 1) -> Path:
    (folder / "pids.max").write_text(f"{most}\n")
    (folder / "pids.current").write_text(f"{current}\n")
    return folder


@pytest.mark.parametrize("most", ["max", "5000"])
def test_enough_threads_change_nothing(tmp_path: Path, most: str) -> None:
    settings = Settings({})
    assert fit_max_streams(settings, cgroup(tmp_path, most)) == ""
    assert settings.max_streams == 1000


def test_max_streams_is_lowered_to_the_containers_limit(tmp_path: Path) -> None:
    settings = Settings({})
    warning = fit_max_streams(settings, cgroup(tmp_path, "512", current=12))
    assert settings.max_streams == 500 - SPARE_THREADS - OTHER_THREADS
    assert "max_streams=1000 is lowered to 420" in warning
    assert "pids.max" in warning


def test_a_limit_that_leaves_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"pids\.max"):
        fit_max_streams(Settings({}), cgroup(tmp_path, "40"))


def test_a_machine_without_the_limit_changes_nothing(tmp_path: Path) -> None:
    assert fit_max_streams(Settings({}), tmp_path) == ""

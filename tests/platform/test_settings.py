"""How settings are read, and which of them stop the start."""

import socket
from pathlib import Path

import pytest

from tests.platform.processes import PLACEHOLDER
from tests.platform.watchdogs import Watchdog


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, r"read: 30s write: 30s \w+: 30s health: 30s"),
        (
            {"read_timeout": "5", "write_timeout": "60", "exec_timeout": "0"},
            r"read: 5s write: 1m0s \w+: 0s health: 1m0s",
        ),
        ({"write_timeout": "5m30s", "healthcheck_interval": "2s"}, r"write: 5m30s \w+: 30s health: 2s"),
        ({"read_timeout": "soon", "write_timeout": "1.5", "exec_timeout": "-5"}, r"read: 30s write: 30s \w+: 30s"),
        ({"write_timeout": "7s", "healthcheck_interval": "soon"}, r"write: 7s \w+: 30s health: 7s"),
    ],
    ids=["defaults", "seconds", "durations", "unreadable", "unreadable interval"],
)
def test_durations_are_go_durations_or_whole_seconds_or_the_default(
    watchdog: Watchdog, settings: dict[str, str], said: str
) -> None:
    with watchdog.start(PLACEHOLDER, env=settings) as running:
        running.wait_for_line(said)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"write_timeout": "0"}, "write.timeout"),
        ({"write_timeout": "0s"}, "write.timeout"),
        ({"fprocess": ""}, "fprocess"),
        ({"upstream_url": ""}, "upstream_url"),
        ({"log_buffer_size": "large"}, "log_buffer_size"),
    ],
)
def test_a_setting_that_stops_the_start_is_named(watchdog: Watchdog, settings: dict[str, str], named: str) -> None:
    with watchdog.start(PLACEHOLDER, env=settings, until="spawned") as running:
        assert running.wait() == 1
        running.wait_for_line(named)


def test_a_port_that_is_taken_ends_the_watchdog_as_if_all_were_well(watchdog: Watchdog) -> None:
    with socket.create_server(("", 0)) as taken:
        port = str(taken.getsockname()[1])
        with watchdog.start(PLACEHOLDER, env={"port": port}, until="spawned") as running:
            assert running.wait() == 0
            running.wait_for_line("address already in use")


def test_a_lock_file_that_cannot_be_written_ends_the_watchdog_as_if_all_were_well(
    watchdog: Watchdog, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    unwritable = {"TMPDIR": str(tmp_path / "file" / "folder")}
    with watchdog.start(PLACEHOLDER, env=unwritable, until="spawned") as running:
        assert running.wait() == 0

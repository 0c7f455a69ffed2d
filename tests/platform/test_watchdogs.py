"""The tools themselves: finding, building, starting and ending a watchdog."""

import os
import sys
from pathlib import Path

import pytest

from tests.platform import go_program, standin
from tests.platform.processes import PLACEHOLDER, child
from tests.platform.running import WatchdogEndedError
from tests.platform.turn import turn
from tests.platform.watchdogs import Watchdog

pytest_plugins = ["pytester"]

only_standin = pytest.mark.parametrize("watchdog", ["standin"], indirect=True)


@only_standin
@pytest.mark.parametrize("settings", [{"mode": "streaming"}, {"mode": ""}, {"jwt_auth": "true"}])
def test_the_standin_refuses_what_it_cannot_be(watchdog: Watchdog, settings: dict[str, str]) -> None:
    with watchdog.start(PLACEHOLDER, env=settings, until="spawned") as running:
        assert running.wait() == 1
        running.wait_for_line(next(iter(settings)))


@only_standin
def test_the_standin_is_built_once(watchdog: Watchdog) -> None:
    built = watchdog.binary.stat().st_mtime_ns
    go_program.build.cache_clear()
    assert standin.build() == watchdog.binary
    assert watchdog.binary.stat().st_mtime_ns == built


def test_nothing_survives_the_end(watchdog: Watchdog, tmp_path: Path) -> None:
    with watchdog.start(**child(f"outlive {tmp_path}/note")) as running:
        running.wait_for_line("outlive is ready")
        assert len(running.processes()) == 2
    assert running.processes() == set()
    assert not running.tmpdir.exists()


def test_a_watchdog_that_ends_before_it_is_open_says_why(watchdog: Watchdog) -> None:
    with (
        pytest.raises(WatchdogEndedError, match="fprocess"),
        watchdog.start(PLACEHOLDER, env={"fprocess": ""}),
    ):
        pass


def test_the_error_about_a_line_that_does_not_come_has_the_whole_output(watchdog: Watchdog) -> None:
    with watchdog.start(**child("speak")) as running:
        running.wait_for_line("said on stdout")
        with pytest.raises(AssertionError, match="said on stdout"):
            running.wait_for_line("never said", timeout_s=0.1)
        running.process.kill()
        with pytest.raises(AssertionError, match="said on stdout"):
            running.wait_for_line("never said", timeout_s=60)  # at once: there will be no more


def test_a_second_real_watchdog_in_one_process_is_refused_at_once() -> None:
    with turn(), pytest.raises(RuntimeError, match="8081"), turn():
        pass


@pytest.mark.parametrize(("ci", "outcome"), [("", "skipped"), ("true", "errors")])
def test_without_go_a_test_is_skipped_loudly_and_fails_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: str
) -> None:
    pytester.makepyfile("def test_behind_it(watchdog): pass")
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setenv("OF_WATCHDOG", "")
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    result = pytester.run(sys.executable, "-m", "pytest", "-p", "tests.platform.plugin")
    result.assert_outcomes(**{outcome: 1})
    result.stdout.fnmatch_lines(["*apt-get install golang-go*"])

"""The fixture `watchdog`: a test that uses it runs behind the stand-in, and behind the real one if there is one."""

import os

import pytest

from tests.platform import standin, watchdogs
from tests.platform.watchdogs import Watchdog

NAMES = ["standin", "real"] if watchdogs.is_real_named() else ["standin"]


@pytest.fixture(scope="session", params=NAMES)
def watchdog(request: pytest.FixtureRequest) -> Watchdog:
    """A watchdog to start in front of a function. Skipped without Go, except in CI, where that is a failure."""
    return obtain(request.param)


def obtain(name: str) -> Watchdog:
    """The watchdog of this name, for other fixtures; skips or fails as `watchdog` does."""
    if name == "standin" and (reason := standin.why_missing()):
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return watchdogs.find(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints at the end of a run, in red, which part of it was skipped."""
    reason = standin.why_missing()
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if reason and reason in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("NOT TESTED BEHIND A WATCHDOG", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped: {reason}", red=True)

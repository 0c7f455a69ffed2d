"""The fixture `watchdog`: a test that uses it runs behind the stand-in, and behind the real one if there is one.

A test that fails shows the last lines of every process that it used, though other tests go on to use it.
"""

import os
from collections.abc import Generator

import pytest

from tests.platform import standin, watchdogs
from tests.platform.running import Running
from tests.platform.watchdogs import Watchdog

SHOWN_LINES = 200

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and call.when == "call":
        for name, value in item.funcargs.items():
            if isinstance(value, Running):
                report.sections.append((f"Output of {name} so far", value.transcript(SHOWN_LINES)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints at the end of a run, in red, which part of it was skipped."""
    reason = standin.why_missing()
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if reason and reason in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("NOT TESTED BEHIND A WATCHDOG", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped: {reason}", red=True)

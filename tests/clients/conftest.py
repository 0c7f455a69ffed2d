"""Fixtures of the clients' tests: Node, the ways to a function, and functions with a scripted upstream."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.clients import node as npm
from tests.clients.node import Node
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.platform.gateway_plugin import obtain_way
from tests.platform.plugin import NAMES
from tests.platform.running import Running
from tests.upstream import Upstream


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The npm clients. Skipped without Node, except in CI, where that is a failure."""
    if reason := npm.why_missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    started = Node()
    yield started
    started.close()


@pytest.fixture
def get_node(request: pytest.FixtureRequest) -> Callable[[], Node]:
    """Gives Node to those who turn out to need it."""

    def get() -> Node:
        found: Node = request.getfixturevalue("node")
        return found

    return get


# Of the two providers the one that streams to fewer.
@pytest.fixture(scope="session", params=["direct", *NAMES, "faasd"])
def way(request: pytest.FixtureRequest) -> Front:
    """A way to reach a function."""
    return obtain_way(request.param)


@pytest.fixture(scope="module")
def function(
    request: pytest.FixtureRequest, way: Front, server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The function that the test names by indirection."""
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / request.param)
    with serve(way, folder, openai_base_url=server.url, write_timeout="60s") as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end of a run, in red, that a part of it has not run."""
    reason = npm.why_missing()
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if reason and reason in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("NOT TESTED WITH NPM CLIENTS", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped: {reason}", red=True)

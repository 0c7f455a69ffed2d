"""Fixtures of the clients' tests: Node, the ways to a function, and functions with a scripted upstream."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.clients import node as npm
from tests.clients.catalogue import Nodes
from tests.clients.node import CURRENT, Node
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.platform.gateway_plugin import obtain_way
from tests.platform.plugin import NAMES
from tests.platform.running import Running
from tests.upstream import Upstream


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    """Node with each folder of packages. Skips without Node, except in CI, where that is a failure."""
    started: dict[str, Node] = {}

    def start(packages: str) -> Node:
        if reason := npm.why_missing():
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        if packages not in started:
            started[packages] = Node(packages)
        return started[packages]

    yield start
    for process in started.values():
        process.close()


@pytest.fixture(scope="session")
def node(nodes: Nodes) -> Node:
    """Node with the current packages."""
    return nodes(CURRENT)


# Of the two providers, faasd is the one that streams to fewer clients.
@pytest.fixture(scope="session", params=["direct", *NAMES, "faasd"])
def way(request: pytest.FixtureRequest) -> Front:
    """A way to reach a function."""
    return obtain_way(request.param)


@pytest.fixture(scope="module")
def functions(
    way: Front, server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Running]]:
    """The function of a name, each started once."""
    started: dict[str, Running] = {}
    with ExitStack() as stack:

        def start(name: str) -> Running:
            if name not in started:
                folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / name)
                serving = serve(way, folder, openai_base_url=server.url, write_timeout="60s")
                started[name] = stack.enter_context(serving)
            return started[name]

        yield start


@pytest.fixture
def function(request: pytest.FixtureRequest, functions: Callable[[str], Running]) -> Running:
    """The function that the test names by indirection."""
    return functions(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints at the end of a run, in red, that these tests have not run."""
    reason = npm.why_missing()
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if reason and reason in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("NOT TESTED WITH NPM CLIENTS", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped: {reason}", red=True)

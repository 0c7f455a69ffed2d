"""The fixtures of all tests: `front`, each way to reach a function, and `upstream`, what the function asks."""

from collections.abc import Iterator

import pytest

from tests.fronts import DIRECT, Front
from tests.platform.plugin import NAMES, obtain
from tests.upstream import Call, Script, Upstream


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright keeps an event loop in the main thread, where others need their own."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(scope="session", params=["direct", *NAMES])
def front(request: pytest.FixtureRequest) -> Front:
    """Straight on waitress, and behind each watchdog at hand."""
    return DIRECT if request.param == "direct" else obtain(request.param)


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Upstream]:
    """The module's upstream, for functions that outlast a test."""
    with Upstream(_script(request)) as upstream:
        yield upstream


@pytest.fixture
def upstream(request: pytest.FixtureRequest, server: Upstream) -> Upstream:
    """The module's upstream, as new: it does the module's `SCRIPT`, or answers to the end."""
    server.script = _script(request)
    server.calls.clear()
    return server


def _script(request: pytest.FixtureRequest) -> Script:
    script: Script = getattr(request.module, "SCRIPT", Call.finish)
    return script

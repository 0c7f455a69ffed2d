"""The fixture `front`: a test that takes it runs for each way to reach a function."""

import pytest

from tests.fronts import DIRECT, Front
from tests.platform.plugin import NAMES, obtain


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright keeps an event loop in the main thread, where others need their own."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(scope="session", params=["direct", *NAMES])
def front(request: pytest.FixtureRequest) -> Front:
    """Straight on waitress, and behind each watchdog at hand."""
    return DIRECT if request.param == "direct" else obtain(request.param)

"""The fixtures of all tests.

`front` is each way to reach a function's process, `serve` a handler in this process, and `upstream` the model's server.
"""

import functools
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask.testing import FlaskClient

from benchmarking import packages
from faas_stream.answers.record import Record
from faas_stream.engine.loop import EventLoop
from local.problem import Problem
from tests.clients import node
from tests.fronts import DIRECT, Front
from tests.in_process import application
from tests.platform.plugin import NAMES, obtain
from tests.upstream import Call, Script, Upstream


def pytest_sessionstart(session: pytest.Session) -> None:
    """Installs the packages of Node that tests use, once and before any test's time limit runs."""
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and node.why_missing() is None:
        with suppress(Problem):  # the tests that need the packages say why there are none
            for folder in node.PACKAGES:
                node.install(folder)
            packages.express()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with many tests come first, because the last file to end determines when the run ends; the browser's last.

    Playwright keeps an event loop in the main thread, where other tests need their own.
    """
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (_is_in_browser(item), -tests[item.path]))


def _is_in_browser(item: pytest.Item) -> bool:
    return "browser" in item.path.parts


@pytest.fixture(scope="session", autouse=True)
def certificates() -> Iterator[None]:
    """Reads the certificates of all authorities once. httpx reads them for each client, which takes 40 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", params=["direct", *NAMES])
def front(request: pytest.FixtureRequest) -> Front:
    """waitress itself, and each watchdog that this machine has."""
    return DIRECT if request.param == "direct" else obtain(request.param)


@pytest.fixture(scope="session")
def event_loop() -> EventLoop:
    """The loop of all applications in this process. It ends with the process, as a function's does."""
    return EventLoop()


@pytest.fixture
def logged() -> list[Record]:
    """The records of the answers of `serve`."""
    return []


Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(event_loop: EventLoop, logged: list[Record]) -> Serve:
    """A client of a handler's application.

    module: what the handler's module has besides `handle`, for example `methods`. environment: settings.
    """

    def serve(
        handle: Callable[[Any], Any] | None, module: dict[str, Any] | None = None, **environment: str
    ) -> FlaskClient:
        return application(event_loop, handle, environment, logged.append, **(module or {})).test_client()

    return serve


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Upstream]:
    """The module's upstream, for functions that outlast a test."""
    with Upstream(_script(request)) as upstream:
        yield upstream


@pytest.fixture
def upstream(request: pytest.FixtureRequest, server: Upstream) -> Upstream:
    """The module's upstream without earlier calls: it runs the module's `SCRIPT`, or sends a whole answer."""
    server.script = _script(request)
    server.calls.clear()
    return server


def _script(request: pytest.FixtureRequest) -> Script:
    script: Script = getattr(request.module, "SCRIPT", Call.finish)
    return script

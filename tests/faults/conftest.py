"""One function with every kind of source, one process of it per test module, and its upstream."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.client import ask
from tests.faults.scripts import WHOLE
from tests.fronts import FUNCTIONS, Front, lay_out, records, serve
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The function, laid out, with the handlers of functions/ next to its own modules."""
    build = lay_out(tmp_path_factory.mktemp("build") / "fn", Path(__file__).parent / "function")
    for name in ("openai", "langchain"):
        shutil.copy(FUNCTIONS / f"stream-{name}" / "handler.py", build / "function" / f"{name}_handler.py")
    return build


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with Upstream(WHOLE) as upstream:
        yield upstream


@pytest.fixture
def upstream(server: Upstream) -> Iterator[Upstream]:
    """The module's upstream, without earlier calls."""
    server.calls.clear()
    yield server
    server.script = WHOLE


@pytest.fixture(scope="module")
def function(request: pytest.FixtureRequest, front: Front, server: Upstream, folder: Path) -> Iterator[Running]:
    """The function with the module's SETTINGS: one process for all tests of the module.

    The kinds of sources in its USED have answered once before.
    """
    with serve(front, folder, request.module.SETTINGS, openai_base_url=server.url) as running:
        for kind in getattr(request.module, "USED", ()):
            warm_up(running, f"/{kind}")
        yield running
        lines_a_call = Counter(record["call_id"] for record in records(running))
        assert {call_id for call_id, lines in lines_a_call.items() if lines != 1} == set()


def warm_up(running: Running, path: str) -> None:
    """Makes an SDK's first call, which takes longer on a busy machine than a test's timeouts."""

    def answers() -> bool:
        with suppress(TimeoutError):
            return ask(running, path).endswith(b"data: [DONE]\n\n")
        return False

    wait_until(answers, f"{path} answers")

"""Which upstream the functions of `./scripts/run` ask: a mock without a key, or the user's own."""

import pytest

from tests.project import Project, ask

TELLS_UPSTREAM = """
import os
from faas_stream import secret

def handle(req):
    return [os.environ.get("openai_base_url"), os.environ.get("OPENAI_BASE_URL"), secret("openai-api-key")]
"""


def mock_and_asker(project: Project) -> None:
    project.add("mock-openai")
    project.add("asker", TELLS_UPSTREAM)


def test_without_a_key_functions_ask_a_mock_that_nobody_named(project: Project) -> None:
    mock_and_asker(project)
    with project.serve("asker") as running:
        url = running.wait_for_line("^mock-openai  http").split()[-1].replace("localhost", "127.0.0.1")
        assert url != f"http://127.0.0.1:{project.port + 1}"
        assert ask(project.port) == f'["{url}/v1","{url}/v1","mock"]\n'


@pytest.mark.parametrize(("key", "asks_mock"), [("sk-real\n", False), ("", True), ("\n", True)])
def test_a_real_key_is_used_and_an_empty_one_is_none(project: Project, key: str, asks_mock: bool) -> None:
    mock_and_asker(project)
    earlier = project.root / "build/.dev/1/.secrets"
    earlier.mkdir(parents=True)
    (earlier / "openai-api-key").write_text("mock\n")
    (project.root / ".secrets").mkdir()
    (project.root / ".secrets/openai-api-key").write_text(key)
    with project.serve("asker") as running:
        assert any(line.startswith("mock-openai  http") for line in running.output()) == asks_mock
        assert ('"mock"' in ask(project.port)) == asks_mock


@pytest.mark.parametrize("variable", ["openai_base_url", "azure_endpoint"])
def test_an_upstream_of_the_users_own_is_left_as_it_is(project: Project, variable: str) -> None:
    project.add("mock-openai")
    project.add("asker", f"import os\n\ndef handle(req):\n    return os.environ[{variable!r}]\n")
    with project.serve("asker", **{variable: "http://127.0.0.1:9/v1"}) as running:
        assert ask(project.port) == "http://127.0.0.1:9/v1"
        assert not any("mock-openai" in line for line in running.output())

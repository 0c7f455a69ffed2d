"""`secret_source`: one object for every client of OpenAI. Importing needs no secret, and a rotated key is used."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.client import Client, ask
from tests.fronts import DIRECT, lay_out, serve
from tests.platform.running import Running
from tests.upstream import Upstream

CLIENTS = {"sync": "Authorization", "async": "Authorization", "azure": "api-key", "async_azure": "api-key",
           "langchain": "Authorization"}  # fmt: skip
"""Each client, and the header in which it sends its key."""


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "fn", Path(__file__).parent / "function") / ".secrets"


@pytest.fixture(scope="module")
def function(secrets: Path, server: Upstream) -> Iterator[Running]:
    """Its secret is not there when the SDK's clients are made."""
    (secrets / "openai-api-key").unlink()
    with serve(DIRECT, secrets.parent, {"commit_after": "5s"}, openai_base_url=server.url) as running:
        yield running


@pytest.mark.parametrize(("sdk", "header"), CLIENTS.items())
def test_a_rotated_key_is_used_without_a_restart(
    function: Running, secrets: Path, upstream: Upstream, sdk: str, header: str
) -> None:
    for key in ("key-of-old", "key-of-new"):
        (secrets / "openai-api-key").write_text(f"{key}\n")
        assert ask(function, f"/keyed?client={sdk}").endswith(b"data: [DONE]\n\n")
        assert upstream.calls[-1].headers[header].removeprefix("Bearer ") == key


@pytest.mark.parametrize("sdk", CLIENTS)
def test_a_missing_secret_is_an_error_that_the_log_says_how_to_fix(
    function: Running, secrets: Path, upstream: Upstream, sdk: str
) -> None:
    (secrets / "openai-api-key").unlink(missing_ok=True)
    with Client(function, f"/keyed?client={sdk}") as client:
        assert (client.status, client.code()) == (500, "secret_missing")
        assert client.record()["outcome"] == "secret_missing"
    assert upstream.calls == []
    function.wait_for_line("faas-cli secret create openai-api-key")

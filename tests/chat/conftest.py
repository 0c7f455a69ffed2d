"""The function chat, started with and without what its page may change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.platform.running import Running
from tests.upstream import Upstream

FOLDER = FUNCTIONS / "chat"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "chat", FOLDER)


@pytest.fixture(scope="module")
def fixed(server: Upstream, built: Path) -> Iterator[Running]:
    """With one model, and a system prompt that its page cannot change."""
    with serve(
        DIRECT,
        built,
        openai_base_url=server.url,
        openai_model="m-1",
        system_prompt="Be brief.",
        temperature="0.5",
        chat_history_tokens="60",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def open_(server: Upstream, built: Path) -> Iterator[Running]:
    """With a choice of models, and a system prompt that its page can change."""
    with serve(
        DIRECT,
        built,
        openai_base_url=server.url,
        openai_model="m-2",
        chat_models="m-1, m-2,",
        system_prompt="Be brief.",
        chat_system_prompt_editable="true",
        chat_temperature_editable="true",
        chat_title="Ask & answer",
        chat_suggestions="What is <b>? | Why, though?",
        chat_images="false",
        max_body="64KiB",
    ) as running:
        yield running

"""The page of stream-django in a browser, at any address."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.proxy import Proxy
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve

BUTTONS = ("Complete", "Chat")


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory, mock_url: str) -> Iterator[dict[str, str]]:
    """The function's address, by the mock's model that it uses."""
    folder = lay_out(tmp_path_factory.mktemp("django") / "stream-django", FUNCTIONS / "stream-django")
    with (
        serve(DIRECT, folder, settings(mock_url, "mock-fast")) as fast,
        serve(DIRECT, folder, settings(mock_url, "mock-silence")) as silent,
        serve(DIRECT, folder, settings(mock_url, "mock-429")) as refused,
    ):
        yield {"fast": fast.url, "silent": silent.url, "refused": refused.url}


def settings(mock_url: str, model: str) -> dict[str, str]:
    return {"openai_base_url": f"{mock_url}/v1", "openai_model": model, "openai_completion_model": model}


def ask(page: Page, question: str, button: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("address", ["/", "/function/stream-django", "/function/stream-django/"])
def test_the_page_shows_one_answer_after_the_other(
    page: Page, urls: dict[str, str], mock_url: str, address: str
) -> None:
    httpx2.delete(f"{mock_url}/mock/calls")
    with Proxy(urls["fast"], address.rstrip("/")) as proxy:
        page.goto(f"http://127.0.0.1:{proxy.port}{address}")
        for button in BUTTONS:
            ask(page, f"echo: {button} <b>&amp; more", button)
            expect(page.get_by_label("Answer")).to_have_text(f"{button} <b>&amp; more")
    calls = httpx2.get(f"{mock_url}/mock/calls?open=0&wait=5s").json()["calls"]
    assert calls == {"/v1/completions": 1, "/v1/chat/completions": 1}


@pytest.mark.parametrize("button", BUTTONS)
def test_a_refusal_upstream_is_shown(page: Page, urls: dict[str, str], button: str) -> None:
    page.goto(urls["refused"])
    ask(page, "hi", button)
    expect(page.get_by_label("Answer")).to_have_text("[The model's provider is rate limiting. Try again later.]")


@pytest.mark.parametrize("button", BUTTONS)
def test_stop_ends_the_call_upstream(page: Page, urls: dict[str, str], mock_url: str, button: str) -> None:
    httpx2.get(f"{mock_url}/mock/calls?open=0&wait=10s", timeout=60)
    httpx2.delete(f"{mock_url}/mock/calls")
    page.goto(urls["silent"])
    ask(page, "long", button)
    expect(page.get_by_label("Answer")).not_to_be_empty()
    page.get_by_role("button", name="Stop").click()
    counts = httpx2.get(f"{mock_url}/mock/calls?open=0&abandoned=1&wait=10s", timeout=60).json()["answers"]
    assert counts == {"open": 0, "finished": 0, "abandoned": 1}
    expect(page.get_by_label("Answer")).not_to_contain_text("[")

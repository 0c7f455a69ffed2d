"""The page of docs/express in a browser: both of its ways to stream, and its Stop button."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.express.server import install, running

BUTTONS = ("Complete, with EventSource", "Chat, with fetch")


@pytest.fixture
def asking(page: Page, mock_url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, opened. The parameter is the model of the mock."""
    with running(install(), f"{mock_url}/v1", request.param) as (url, _):
        page.goto(url)
        yield page


def ask(page: Page, question: str, button: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("asking", ["mock-fast"], indirect=True)
def test_the_page_shows_one_answer_after_the_other(asking: Page, mock_url: str) -> None:
    httpx2.delete(f"{mock_url}/mock/calls")
    for button in BUTTONS:
        ask(asking, f"echo: {button} & more", button)
        expect(asking.get_by_label("Answer")).to_have_text(f"{button} & more")
    calls = httpx2.get(f"{mock_url}/mock/calls?open=0&wait=5s").json()["calls"]
    assert calls == {"/v1/completions": 1, "/v1/chat/completions": 1}


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("asking", ["mock-429"], indirect=True)
def test_a_refusal_upstream_is_shown(asking: Page, button: str) -> None:
    ask(asking, "hi", button)
    expect(asking.get_by_label("Answer")).to_contain_text("[The model's server is busy. Please try again later.]")


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("asking", ["mock-broken-fast"], indirect=True)
def test_a_failure_in_midstream_is_shown(asking: Page, button: str) -> None:
    ask(asking, "long", button)
    expect(asking.get_by_label("Answer")).to_contain_text("[The model's server failed. Please try again.]")


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("asking", ["mock-silence"], indirect=True)
def test_stop_cancels_the_call_upstream(asking: Page, mock_url: str, button: str) -> None:
    httpx2.get(f"{mock_url}/mock/calls?open=0&wait=10s", timeout=60)
    httpx2.delete(f"{mock_url}/mock/calls")
    ask(asking, "long", button)
    expect(asking.get_by_label("Answer")).not_to_be_empty()
    asking.get_by_role("button", name="Stop").click()
    counts = httpx2.get(f"{mock_url}/mock/calls?open=0&abandoned=1&wait=10s", timeout=60).json()["answers"]
    assert counts == {"open": 0, "finished": 0, "abandoned": 1}
    expect(asking.get_by_label("Answer")).not_to_contain_text("[")

"""The function through the browser's own EventSource, with the page that docs/clients.md shows."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.proxy import Cut, Proxy
from tests.browser.speaking import begins
from tests.upstream import Upstream, says

PAGE = Path(__file__).with_name("eventsource.html")


@pytest.fixture
def asking(page: Page, scripted_proxy: Proxy, upstream: Upstream) -> Page:  # noqa: ARG001 (as new)
    """The page of docs/clients.md, opened."""
    scripted_proxy.pages["/eventsource.html"] = PAGE.read_bytes()
    page.goto(f"http://127.0.0.1:{scripted_proxy.port}/eventsource.html")
    return page


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask").click()


def test_the_readmes_page_is_thirty_lines_and_shows_an_answer(
    asking: Page, scripted_proxy: Proxy, upstream: Upstream
) -> None:
    upstream.script = says("Two\n", "lines")
    assert len(PAGE.read_text().splitlines()) <= 30
    ask(asking, "What & why?")
    expect(asking.locator("pre")).to_have_text("Two\nlines")
    asking.wait_for_function("source.readyState === EventSource.CLOSED")
    assert upstream.calls[0].prompt == "What & why?"
    upstream.script = says("Again")
    ask(asking, "And now?")
    expect(asking.locator("pre")).to_have_text("Again")
    assert len(scripted_proxy.questions()) == 2


def test_a_failure_upstream_is_shown(asking: Page, upstream: Upstream) -> None:
    upstream.script = lambda call: call.refuse(429)
    ask(asking, "Hello")
    expect(asking.locator("pre")).to_contain_text("The model's provider is rate limiting.")
    assert len(upstream.calls) == 1


def test_a_cut_is_shown_and_the_request_is_not_sent_again(
    asking: Page, scripted_proxy: Proxy, upstream: Upstream
) -> None:
    upstream.script = begins("Half")
    scripted_proxy.faults.append(Cut(b"Half"))
    ask(asking, "Hello")
    expect(asking.locator("pre")).to_have_text("Half\n[The answer was cut off.]")
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(
    ("format", "after"), [("text", b"asked"), ("json", b"Half")], ids=["before the first word", "in mid-answer"]
)
def test_a_browser_that_reconnects_gets_no_second_answer(
    asking: Page, scripted_proxy: Proxy, upstream: Upstream, format: str, after: bytes
) -> None:
    upstream.script = begins("Half")
    scripted_proxy.faults.append(Cut(after))
    asking.evaluate(
        """([address]) => new Promise((resolve) => {
            const source = new EventSource(address);
            source.onerror = () => source.readyState === EventSource.CLOSED && resolve();
        })""",
        [f"/function/chat?message=Hello&format={format}"],
    )
    first, again = scripted_proxy.questions()
    assert first.path == again.path
    assert "Last-Event-ID" not in first.headers
    assert again.headers["Last-Event-ID"]
    assert len(upstream.calls) <= 1

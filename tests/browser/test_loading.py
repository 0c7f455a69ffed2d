"""What the page loads: how many bytes, what only later, and what the second time."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.looks import LOOKS
from tests.browser.proxy import Proxy


@pytest.fixture(params=LOOKS)
def context_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return LOOKS[request.param]


@pytest.fixture
def weighed(browser: Browser) -> Iterator[tuple[Page, list[int]]]:
    """A page, and the bytes of each of its responses on the wire, headers included."""
    context = browser.new_context()
    page = context.new_page()
    weights: list[int] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: weights.append(int(event["encodedDataLength"])))
    yield page, weights
    context.close()


def test_everything_together_weighs_under_120_kilobytes(weighed: tuple[Page, list[int]], proxy: Proxy) -> None:
    page, weights = weighed
    ChatPage(page, proxy.url()).open()
    page.wait_for_load_state("networkidle")
    assert len(weights) > 20
    assert sum(weights) < 120_000


def test_what_a_conversation_does_not_need_is_loaded_later_and_then_works_offline(page: Page, proxy: Proxy) -> None:
    page.add_init_script("window.requestIdleCallback = (action) => (window.beIdle = action)")
    chat = ChatPage(page, proxy.url()).open()
    first = {seen.path.rpartition("/")[2] for seen in proxy.seen if "/assets/" in seen.path}
    later = {
        "clipboard.js",
        "deletions.js",
        "eventsource-parser.js",
        "export.js",
        "settings.js",
        "stream.js",
    }
    assert not first & later
    assert {"app.js", "marked.js"} <= first
    page.evaluate("beIdle()")
    page.wait_for_function(
        """(names) => {
            const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
            return names.every((name) => loaded.some((url) => url.endsWith(`/${name}`)));
        }""",
        arg=sorted(later),
    )
    page.context.set_offline(True)
    chat.button("Settings").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_second_time_only_page_and_options_are_fetched(weighed: tuple[Page, list[int]], proxy: Proxy) -> None:
    page, weights = weighed
    ChatPage(page, proxy.url()).open()
    page.wait_for_load_state("networkidle")
    proxy.seen.clear()
    weights.clear()
    ChatPage(page, proxy.url()).open()
    page.wait_for_load_state("networkidle")
    assert sorted(seen.path for seen in proxy.seen) == ["/function/chat", "/function/chat?asset=config.json"]
    assert sum(weights) < 2_000

"""What a person should look at, and what it weighs. Screenshots are written to .cache/screenshots."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Cut, Proxy
from tests.browser.test_search import answer
from tests.browser.test_sidebar import STORE, prompt
from tests.fronts import ROOT

SCREENSHOTS = ROOT / ".cache" / "screenshots"
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 800},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
LOOKS = {
    "light": DESK | {"color_scheme": "light"},
    "dark": DESK | {"color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
}

DAYS_MS = 86_400_000
NOW_MS = int(time.time() * 1_000)
BREAD = "For a **starter** mix equal weights of *flour* and lukewarm water, cover it, and wait a day. Feed it each day."
CONVERSATIONS: list[Any] = [
    [f"id{index}", {"title": title, "updatedAt": NOW_MS - days * DAYS_MS}, [prompt(title), answer(text, "b", "a")]]
    for index, (title, days, text) in enumerate(
        [
            ("Sourdough starter", 0.01, BREAD),
            ("Plan a week in Lisbon with two children", 40, "Take the tram, and plan little."),
            ("Why is the sky blue?", 1, "Rayleigh scattering."),
            ("Explain this stack trace from our staging server", 3, "The pool is empty."),
            ("Pancakes for twelve", 5, "Whisk milk, water and eggs, then the flour."),
            ("Names for a cat", 20, "Mimi."),
            ("SQL: running totals per customer", 70, "Use a window function."),
            ("Letter to the landlord", 400, "Dear Sir or Madam"),
        ]
    )
]


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def context_settings(look: str) -> dict[str, Any]:
    return LOOKS[look]


def test_screenshots(chat: ChatPage, proxy: Proxy, look: str) -> None:
    def keep(name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        chat.page.screenshot(path=SCREENSHOTS / f"{look}-{name}.png")

    def send(text: str) -> None:
        chat.prompt.fill(text)
        chat.send_button.click()

    keep("empty")
    send("What are some calorie dense foods?")
    chat.wait_for_end()
    keep("list")
    send("Show me some code")
    chat.wait_for_end()
    send("And a table, please")
    chat.wait_for_end()
    keep("table")
    proxy.faults.append(Cut(b"gutters"))
    send("Tell me something long")
    chat.wait_for_end()
    expect(chat.failure).to_contain_text("cut off")
    keep("cut-off")
    chat.page.get_by_label("Model").select_option("mock-429-30")
    send("Too much?")
    chat.wait_for_end()
    proxy.token = "x"
    send("May I?")
    chat.wait_for_end()
    keep("refused")
    proxy.token = None
    chat.page.get_by_label("Model").select_option("mock-silence")
    send("Show me some code")
    expect(chat.answer).to_contain_text("Here")
    keep("streaming")
    chat.stop_button.click()
    chat.wait_for_end()
    page = chat.page
    page.evaluate(STORE, CONVERSATIONS)
    page.reload()
    chat.wait_until_ready()
    if look.startswith("phone"):
        page.get_by_role("button", name="Conversations", exact=True).tap()
    chat.choose("Plan a week in Lisbon with two children", "Pin")
    expect(page.get_by_role("list", name="Pinned")).to_be_visible()
    chat.open_menu("Sourdough starter")
    expect(page.get_by_role("menu")).to_be_visible()
    keep("sidebar")
    page.get_by_role("menuitem", name="Rename").click()
    keep("rename")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("combobox", name="Search").fill("flour water")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("2 conversations")
    keep("search")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("Sourdough starter")
    keep("found")
    if not look.startswith("phone"):
        page.keyboard.press("Control+/")
        expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
        keep("shortcuts")
        page.keyboard.press("Escape")
    chat.button("Settings").click()
    keep("settings")


@pytest.fixture
def weighed(browser: Browser) -> Iterator[tuple[Page, list[int]]]:
    """A page, and the bytes that each of its answers took on the wire, headers and all."""
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
    later = {"clipboard.js", "deletions.js", "eventsource-parser.js", "export.js", "settings.js", "stream.js"}
    assert not first & later
    assert {"app.js", "marked.js"} <= first
    page.evaluate("beIdle()")
    page.wait_for_load_state("networkidle")
    assert later <= {seen.path.rpartition("/")[2] for seen in proxy.seen}
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

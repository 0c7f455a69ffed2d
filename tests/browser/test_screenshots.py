"""Screenshots for a person to look at, in .cache/screenshots."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.attachments import png
from tests.browser.chat_page import ChatPage
from tests.browser.database import STORE, answer, prompt
from tests.browser.looks import LOOKS
from tests.browser.proxy import Cut, Proxy
from tests.browser.speaking import begins
from tests.fronts import DIRECT, ROOT, serve
from tests.upstream import Call, Upstream, says

SCREENSHOTS = ROOT / ".cache" / "screenshots"

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

ANSWER = """\
Yes: a **token bucket** is the usual choice.

1. Each client has a bucket of `capacity` tokens.
2. A request takes one token, and is refused if there is none.
3. Tokens come back at a steady `rate`.

Short bursts pass, and the average stays below the limit. *Start with a capacity of twice the rate.*"""

CODE = """\
Here is one that needs no packages:

```python
import time
from dataclasses import dataclass, field


@dataclass
class Bucket:
    capacity: float
    rate: float  # tokens per second
    tokens: float = 0
    filled_at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.capacity, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
```

Call `take()` for each request, and answer 429 if it returns `False`."""

TABLE = """\
The bucket is full again after $t = \\frac{c - n}{r}$ seconds:

$$\\lim_{t \\to \\infty} \\frac{1}{t} \\sum_{i=1}^{n} x_i \\le r$$

| Algorithm | Bursts | Memory per client | Accuracy |
|:--|:-:|--:|:--|
| Token bucket | yes | 16 bytes | exact |
| Fixed window | at its edges | 8 bytes | up to twice the limit |
| Sliding log | no | 8 bytes per request | exact |"""

RIGHT_TO_LEFT = """\
שלום! הנה **שלושה** דברים:

1. לחם
2. חלב, כ־3 ליטר
3. `code` בתוך שורה

> ציטוט קצר"""

EVENTS = [
    ("start", {"id": "a"}),
    ("step", {"name": "model", "state": "started"}),
    ("reasoning", {"text": "The calculator knows."}),
    ("tool_call", {"index": 0, "id": "c", "name": "calculator", "arguments": '{"expression": "6 * 7"}'}),
    ("tool_result", {"id": "c", "name": "calculator", "result": "42"}),
    ("step", {"name": "model", "state": "finished"}),
    ("citation", {"url": "https://example.com", "title": "Arithmetic", "snippet": "Six times seven is forty-two."}),
    ("citation", {"file": "numbers.md", "title": "Numbers › Products"}),
    ("message", {"text": "It is **42** [1]."}),
    ("end", {"finish_reason": "stop", "usage": {"prompt_tokens": 120, "completion_tokens": 9}}),
]


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def context_settings(look: str) -> dict[str, Any]:
    return LOOKS[look]


@pytest.fixture(scope="module")
def shown_function(built: Path, upstream_server: Upstream) -> Iterator[str]:
    """The function as its author would set it up, with the scripted upstream behind it."""
    options = {"chat_title": "Team chat", "chat_models": "gpt-4o-mini,gpt-4o", "openai_model": "gpt-4o-mini"}
    editable = {"chat_system_prompt_editable": "true", "chat_temperature_editable": "true"}
    with serve(DIRECT, built, options | editable, openai_base_url=upstream_server.url) as running:
        yield running.url


@pytest.fixture
def shown(page: Page, shown_function: str, upstream: Upstream) -> Iterator[tuple[ChatPage, Proxy]]:  # noqa: ARG001
    with Proxy(shown_function) as proxy:
        yield ChatPage(page, proxy.url()).open(), proxy


def keep(chat: ChatPage, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    chat.page.mouse.move(0, 0)
    chat.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def ask(chat: ChatPage, upstream: Upstream, prompt: str, answer: str) -> None:
    upstream.script = says(*re.findall(r"\s*\S+\s*", answer))
    send(chat, prompt)


def send(chat: ChatPage, prompt: str) -> None:
    chat.prompt.fill(prompt)
    chat.send_button.click()
    chat.wait_for_end()


def test_screenshots(shown: tuple[ChatPage, Proxy], upstream: Upstream, look: str) -> None:
    chat, proxy = shown
    page = chat.page
    keep(chat, f"{look}-empty")
    ask(chat, upstream, "How do I limit requests per client?", ANSWER)
    keep(chat, f"{look}-conversation")
    ask(chat, upstream, "Show me the code", CODE)
    expect(chat.answer.locator(".hljs-keyword").first).to_be_visible()
    keep(chat, f"{look}-code")
    ask(chat, upstream, "And the mathematics? Compare it with the others in a table.", TABLE)
    expect(chat.answer.locator("math").first).to_be_visible()
    keep(chat, f"{look}-mathematics-and-table")
    chat.button("Try again").click()
    chat.wait_for_end()
    chat.button("Tokens and times").click()
    keep(chat, f"{look}-versions")
    chat.page.locator("#files").set_input_files(
        [
            FilePayload(name="red.png", mimeType="image/png", buffer=png(800, 600)),
            FilePayload(name="limits.toml", mimeType="", buffer=b"rate = 5\ncapacity = 10\n"),
        ]
    )
    expect(page.locator("#attachments li")).to_have_count(2)
    chat.prompt.fill("Is this right?")
    keep(chat, f"{look}-attaching")
    proxy.faults.append(Cut(b"twice"))
    ask(chat, upstream, "Is this right?", ANSWER)
    keep(chat, f"{look}-cut-off")
    upstream.script = lambda call: call.refuse(429, headers=[("Retry-After", "30")])
    send(chat, "Too much?")
    keep(chat, f"{look}-rate-limit")
    proxy.token = "x"
    send(chat, "May I?")
    keep(chat, f"{look}-token")
    proxy.token = None
    upstream.script = begins("The bucket ", "holds")
    chat.prompt.fill("Go on")
    chat.send_button.click()
    expect(chat.answer).to_contain_text("holds")
    keep(chat, f"{look}-streaming")
    chat.stop_button.click()
    chat.wait_for_end()
    keep(chat, f"{look}-stopped")
    chat.button("Settings").click()
    keep(chat, f"{look}-settings")


@pytest.mark.parametrize("look", ["light", "phone"], indirect=True)
def test_screenshots_of_the_list_of_conversations(shown: tuple[ChatPage, Proxy], look: str) -> None:
    chat, _ = shown
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
    keep(chat, f"{look}-sidebar")
    page.get_by_role("menuitem", name="Rename").click()
    keep(chat, f"{look}-rename")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("combobox", name="Search").fill("flour water")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("2 conversations")
    keep(chat, f"{look}-search")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("Sourdough starter")
    keep(chat, f"{look}-found")
    if not look.startswith("phone"):
        page.keyboard.press("Control+/")
        expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
        keep(chat, f"{look}-shortcuts")
        page.keyboard.press("Escape")


@pytest.mark.parametrize("look", ["light"], indirect=True)
def test_screenshots_of_wide_screens_paper_and_other_scripts(
    shown: tuple[ChatPage, Proxy], upstream: Upstream, look: str
) -> None:
    chat, _ = shown
    page = chat.page
    ask(chat, upstream, "מה לקנות?", RIGHT_TO_LEFT)
    keep(chat, f"{look}-right-to-left")
    ask(chat, upstream, "Show me the code", CODE)
    page.set_viewport_size({"width": 2560, "height": 1200})
    keep(chat, f"{look}-2560")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 800, "height": 1100})
    page.screenshot(path=SCREENSHOTS / f"{look}-print.png", full_page=True)


@pytest.mark.parametrize("look", ["light"], indirect=True)
def test_screenshot_of_tools_and_sources(page: Page, built: Path, upstream: Upstream, look: str) -> None:
    def relayed(call: Call) -> None:
        for name, data in EVENTS:
            call.raw(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
        call.end()

    upstream.script = relayed
    with serve(DIRECT, built, chat_upstream=f"{upstream.url.removesuffix('/v1')}/function/agent") as function:
        chat = ChatPage(page, function.url).open()
        chat.ask("What is 6 * 7?")
        page.locator(".activity summary").first.click()
        keep(chat, f"{look}-tools-and-sources")

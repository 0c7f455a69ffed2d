"""Fixtures of the browser tests: Chromium, a function behind a proxy, a page in a new profile."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.upstream import Call, Upstream

FLAGS = (
    "--no-sandbox",  # as root Chromium has no other choice
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",  # an address that is not localhost, and so no secure context
)
expect.set_options(timeout=60_000)


def why_missing() -> str | None:
    if chromium():
        return None
    return "Chromium is not installed: apt-get install chromium-headless-shell or chromium, or name it in CHROMIUM"


def chromium() -> str | None:
    """The browser's program. Without windows it needs a third of the processor's time."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints at the end of a run, in red, which part of it was skipped."""
    reason = why_missing()
    skipped = [it for it in terminalreporter.stats.get("skipped", []) if reason and reason in str(it.longrepr)]
    if skipped:
        terminalreporter.section("NOT TESTED IN A BROWSER", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped: {reason}", red=True)


@pytest.fixture(autouse=True)
def core(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Lets only as many tests run at a time as there are cores.

    These tests compute, and others wait: with two for each core they would take half as long again, because pages and
    their tests ask again and again for what is not there yet.
    """
    worker = int(worker_id.removeprefix("gw")) if worker_id != "master" else 0
    file = tmp_path_factory.getbasetemp().parent / f"core-{worker % (os.cpu_count() or 1)}"
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Tests are skipped if there is none, except in CI, where that is a failure."""
    if reason := why_missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def mock_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The function mock-openai, which does what a prompt or a model's name asks for."""
    folder = lay_out(tmp_path_factory.mktemp("mock") / "mock-openai", FUNCTIONS / "mock-openai")
    with serve(DIRECT, folder, mock_time_to_first_token="20ms", mock_tokens_per_second="200") as running:
        yield running.url


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The function chat, laid out."""
    return lay_out(tmp_path_factory.mktemp("chat") / "chat", FUNCTIONS / "chat")


MODELS = (
    "mock-fast",
    "mock",
    "mock-reasoning",
    "mock-silence",
    "mock-silence-first",
    "mock-broken",
    "mock-error-midstream",
    "mock-error-event",
    "mock-truncated",
    "mock-content-filter",
    "mock-429-30",
    "mock-429-1",
    "mock-401",
    "mock-500",
)


@pytest.fixture(scope="session")
def mocked_function(built: Path, mock_url: str) -> Iterator[str]:
    """The function's address, with the mock behind it."""
    with serve(
        DIRECT,
        built,
        openai_base_url=f"{mock_url}/v1",
        write_timeout="60s",
        system_prompt="Be brief.",
        chat_models=",".join(MODELS),
        chat_system_prompt_editable="true",
    ) as running:
        yield running.url


@pytest.fixture(scope="session")
def upstream_server() -> Iterator[Upstream]:
    with Upstream(Call.finish) as upstream:
        yield upstream


@pytest.fixture
def upstream(upstream_server: Upstream) -> Upstream:
    """An upstream that sends a whole answer, or what the test says. The page `scripted` gets its answers from it."""
    upstream_server.script = Call.finish
    upstream_server.calls.clear()
    return upstream_server


@pytest.fixture(scope="session")
def scripted_function(built: Path, upstream_server: Upstream) -> Iterator[str]:
    """The function's address, with the scripted upstream behind it."""
    with serve(
        DIRECT,
        built,
        openai_base_url=upstream_server.url,
        write_timeout="60s",
        heartbeat_interval="200ms",
        chat_history_tokens="200",
    ) as running:
        yield running.url


@pytest.fixture
def proxy(mocked_function: str) -> Iterator[Proxy]:
    with Proxy(mocked_function) as started:
        yield started


@pytest.fixture
def scripted_proxy(scripted_function: str) -> Iterator[Proxy]:
    with Proxy(scripted_function) as started:
        yield started


@pytest.fixture
def context_settings() -> dict[str, Any]:
    """Playwright's settings of the browser's context; to be overridden."""
    return {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light", "locale": "en-GB"}


@pytest.fixture
def context(browser: Browser, context_settings: dict[str, Any]) -> Iterator[BrowserContext]:
    """A new profile."""
    opened = browser.new_context(**context_settings)
    yield opened
    opened.close()


@pytest.fixture
def complaints() -> list[str]:
    """The errors that the browser's console may have in this test; any other error fails the test."""
    return ["Failed to load resource"]


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page that must not raise an error or violate its own content security policy."""
    opened = context.new_page()
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in complaints):
            said.append(message.text)

    opened.on("console", note)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    assert said == []


@pytest.fixture
def chat(page: Page, proxy: Proxy) -> ChatPage:
    """The page, opened, with the mock behind it."""
    return ChatPage(page, proxy.url()).open()


@pytest.fixture
def scripted(page: Page, scripted_proxy: Proxy, upstream: Upstream) -> ChatPage:  # noqa: ARG001 (as new)
    """The page, opened, with the scripted upstream behind it."""
    return ChatPage(page, scripted_proxy.url()).open()


@pytest.fixture
def attached(scripted: ChatPage) -> Any:
    """The files of the message that is being written on the page `scripted`."""
    return scripted.page.locator("#attachments li")

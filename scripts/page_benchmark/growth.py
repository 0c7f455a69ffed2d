"""The main thread's load while an answer of 3,000 tokens grows by 150 tokens per second."""

import time

from playwright.sync_api import BrowserContext

from mock_openai import tokens

TOKENS = 3_000
TOKENS_PER_SECOND = 150


def texts() -> dict[str, str]:
    """Answers of the same length: prose, one list, one table."""
    words = "several **plain** words that say what this part is about and why it matters to the reader"
    return {
        "prose": _cut("".join(f"Paragraph {number}: {words}. {words}. {words}.\n\n" for number in range(200))),
        "list": _cut("".join(f"- Item {number}: {words}\n" for number in range(400))),
        "table": _cut(
            "| Name | Value | Remark |\n|---|---:|---|\n"
            + "".join(f"| Row {number} | {number} | {words} |\n" for number in range(400))
        ),
    }


def load_percent(context: BrowserContext, url: str, text: str) -> float:
    """How much of the time between the first and the last token the main thread is busy."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")

    def busy_s() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    page.fill("#prompt", f"echo: {text}")
    page.press("#prompt", "Enter")
    page.wait_for_selector(".answer .prose:not(:empty)")
    started, busy_before = time.monotonic(), busy_s()
    page.wait_for_selector("#stop", state="hidden", timeout=120_000)
    percent = 100 * (busy_s() - busy_before) / (time.monotonic() - started)
    page.close()
    return percent


def _cut(text: str) -> str:
    pieces = tokens.split(text)
    assert len(pieces) >= TOKENS
    return "".join(pieces[:TOKENS])

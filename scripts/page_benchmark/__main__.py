"""`python -m page_benchmark`: prints both measurements; 1 if one is above its limit."""

import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from playwright.sync_api import sync_playwright

from page_benchmark import growth, readiness
from tests.browser.conftest import FLAGS, chromium
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve

READY_MS = 500
TIMES_PROSE = 2.0


def main() -> int:
    with redirect_stdout(StringIO()):  # the functions' logs
        loads, ready_ms = _measure()
    print(f"ready with {readiness.CONVERSATIONS} conversations of {readiness.ANSWERS} answers: {ready_ms:.0f} ms")
    print(f"main thread, {growth.TOKENS} tokens at {growth.TOKENS_PER_SECOND} per second:")
    for name, percent in loads.items():
        print(f"  {name:6} {percent:5.1f} %  ({percent / loads['prose']:.2f} times prose)")
    return int(ready_ms > READY_MS or any(percent > TIMES_PROSE * loads["prose"] for percent in loads.values()))


def _measure() -> tuple[dict[str, float], float]:
    pace = {"mock_time_to_first_token": "50ms", "mock_tokens_per_second": str(growth.TOKENS_PER_SECOND)}
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        serve(DIRECT, lay_out(Path(folder) / "mock-openai", FUNCTIONS / "mock-openai"), pace) as mock,
        serve(
            DIRECT,
            lay_out(Path(folder) / "chat", FUNCTIONS / "chat"),
            openai_base_url=f"{mock.url}/v1",
            openai_model="mock",
            write_timeout="120s",
        ) as chat,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        url = f"{chat.url}/"
        loads = {name: growth.load_percent(context, url, text) for name, text in growth.texts().items()}
        ready_ms = readiness.ready_ms(context, url)
        browser.close()
    return loads, ready_ms


if __name__ == "__main__":
    sys.exit(main())

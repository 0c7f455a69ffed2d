"""Rules of accessibility that the page violates, as axe finds them."""

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.sync_api import Page


def violations(page: Page, *rules: str) -> list[tuple[str, list[str]]]:
    """The rules that the page violates, of all rules or of these, each with the elements in question."""
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = Axe().run(page, options=options).response["violations"]
    return [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found]

"""docs/deploy.md, in parts."""

import re

from tests.fronts import ROOT

TEXT = (ROOT / "docs" / "deploy.md").read_text()


def blocks(language: str) -> list[str]:
    """The blocks of code in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def file(path: str) -> str:
    """The block of code whose first line is a comment with this path."""
    (block,) = [block for block in blocks(r"\w+") if block.startswith(f"# {path}\n")]
    return block

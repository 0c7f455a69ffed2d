"""The template's version, from the file VERSION next to index.py."""

from pathlib import Path

VERSION = Path(__file__).parent.parent.joinpath("VERSION").read_text(encoding="utf-8").strip()

"""The sections of a folder of Markdown, and the search in them. The function `agent` has this folder too, as a link."""

from .index import Index
from .library import read_sections

__all__ = ["Index", "read_sections"]

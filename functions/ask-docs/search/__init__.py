"""The sections of a folder of Markdown, and the search in them. `agent` uses this package through a symbolic link."""

from .index import Index
from .library import read_sections

__all__ = ["Index", "read_sections"]

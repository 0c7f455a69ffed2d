"""The function's own settings, which stack.yaml has."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .environment import address, fraction, whole_number

_FOLDER = Path(__file__).with_name("docs")


@dataclass(frozen=True)
class Options:
    """docs_dir: the folder with the Markdown. docs_url: where people read it; "" if nowhere.

    docs_sections: how many sections the model gets. docs_section_chars: the length of a section, in characters.
    docs_min_match: from 0 to 1, how much of a question's weight a section must have to be found.
    """

    docs_dir: Path
    docs_url: str
    docs_sections: int
    docs_section_chars: int
    docs_min_match: float
    system_prompt: str

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Options":
        """The options that the environment sets. Raises ValueError, which names the variable, for a malformed value."""
        return cls(
            docs_dir=Path(environment.get("docs_dir") or _FOLDER),
            docs_url=address(environment, "docs_url"),
            docs_sections=whole_number(environment, "docs_sections", 4, least=1, most=50),
            docs_section_chars=whole_number(environment, "docs_section_chars", 2000, least=200, most=100_000),
            docs_min_match=fraction(environment, "docs_min_match", 0.25),
            system_prompt=environment.get("system_prompt") or "You answer questions about a team's documents.",
        )

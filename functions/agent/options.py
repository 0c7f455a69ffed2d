"""The function's own settings, which stack.yaml has."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .environment import address, duration, whole_number

_FOLDER = Path(__file__).with_name("docs")


@dataclass(frozen=True)
class Options:
    """max_steps: how often an answer may call the model. tool_timeout_s: how long a tool may take."""

    docs_dir: Path
    docs_url: str
    max_steps: int
    tool_timeout_s: float
    system_prompt: str

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Options":
        """The options that the environment sets. Raises ValueError, which names the variable, for a malformed value."""
        return cls(
            docs_dir=Path(environment.get("docs_dir") or _FOLDER),
            docs_url=address(environment, "docs_url"),
            max_steps=whole_number(environment, "agent_max_steps", 8, least=1, most=100),
            tool_timeout_s=duration(environment, "tool_timeout", "10s"),
            system_prompt=environment.get("system_prompt") or "You are a helpful assistant. Use the tools you have.",
        )

"""What stack.yaml says of this function."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("docs")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)?", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


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
        """The options as the environment has them. Raises ValueError, naming the variable, for what cannot be read."""
        return cls(
            docs_dir=Path(environment.get("docs_dir") or _FOLDER),
            docs_url=environment.get("docs_url", "").strip(),
            max_steps=_steps(environment.get("agent_max_steps", "").strip() or "8"),
            tool_timeout_s=_duration(environment.get("tool_timeout", "").strip() or "10s"),
            system_prompt=environment.get("system_prompt") or "You are a helpful assistant. Use the tools you have.",
        )


def _steps(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:4]) <= 100):
        raise ValueError(f"agent_max_steps={value!r} cannot be read: expected a whole number from 1 to 100")
    return int(value)


def _duration(value: str) -> float:
    found = _DURATION.fullmatch(value)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0
    if seconds <= 0:
        raise ValueError(f"tool_timeout={value!r} cannot be read: expected a duration above 0 such as 10s or 500ms")
    return seconds

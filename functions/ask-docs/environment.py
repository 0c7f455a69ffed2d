"""Values of environment variables. Each function raises ValueError, which names the variable, for a malformed value.

The function `agent` uses this file too, through a symbolic link.
"""

import re
from collections.abc import Mapping

Environment = Mapping[str, str]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)?", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


def address(environment: Environment, name: str) -> str:
    """An http or https URL; "" if the variable is unset."""
    value = environment.get(name, "").strip()
    if value and not value.startswith(("https://", "http://")):
        raise ValueError(f"{name}={value!r} cannot be read: expected an address such as https://example.com/docs")
    return value


def whole_number(environment: Environment, name: str, default: int, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`."""
    value = environment.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and least <= int(value[:9]) <= most):
        raise ValueError(f"{name}={value!r} cannot be read: expected a whole number from {least} to {most}")
    return int(value)


def fraction(environment: Environment, name: str, default: float) -> float:
    """A number from 0 to 1."""
    value = environment.get(name, "").strip()
    try:
        number = float(value) if value else default
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise ValueError(f"{name}={value!r} cannot be read: expected a number from 0 to 1, such as 0.25")
    return number


def duration(environment: Environment, name: str, default: str) -> float:
    """A duration above 0, in seconds."""
    value = environment.get(name, "").strip() or default
    match = _DURATION.fullmatch(value)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0
    if seconds <= 0:
        raise ValueError(f"{name}={value!r} cannot be read: expected a duration above 0 such as 10s or 500ms")
    return seconds

"""When each frame of an answer is due: time to first token, tokens per second, and jitter that every run repeats."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from .frames import Frame

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


@dataclass(frozen=True)
class Pace:
    tokens_per_second: float = 20.0  # 0: no waiting between tokens
    time_to_first_token_s: float = 0.3
    jitter: float = 0.2  # each wait is longer or shorter by up to this fraction
    seed: int = 1


def from_settings(read: Callable[[str], str | None], spelling: Callable[[str], str], pace: Pace) -> Pace:
    """`pace` with the settings that `read` finds. ValueError names a malformed setting, spelled by `spelling`."""
    for name, (field, parse) in _SETTINGS.items():
        text = read(spelling(name))
        if text is None:
            continue
        try:
            pace = replace(pace, **{field: parse(text)})
        except ValueError as error:
            raise ValueError(f"{spelling(name)}: {error}") from None
    return pace


def for_model(name: str, pace: Pace) -> Pace:
    """`pace`, changed by the last word of a mock model's name: `-fast` (no waiting), `-slow`, `-<n>tps`."""
    word = name.rpartition("-")[2]
    if word == "fast":
        return replace(pace, tokens_per_second=0.0, time_to_first_token_s=0.0)
    if word == "slow":
        return replace(pace, tokens_per_second=2.0, time_to_first_token_s=2.0)
    if re.fullmatch(r"\d{1,6}tps", word):
        return replace(pace, tokens_per_second=float(word[:-3]))
    return pace


def schedule(frames: Iterable[Frame], pace: Pace, salt: int = 0) -> Iterator[tuple[float, Frame]]:
    """Each frame with the seconds after the start when it is due; only tokens and pauses take time."""
    random = Random(pace.seed * 1_000_003 + salt)
    gap_s = 1 / pace.tokens_per_second if pace.tokens_per_second else 0.0
    due_s = pace.time_to_first_token_s * (1 + pace.jitter * random.uniform(-1, 1))
    is_first_token = True
    for frame in frames:
        for _ in range(frame.tokens if gap_s else 0):
            due_s += 0.0 if is_first_token else gap_s * (1 + pace.jitter * random.uniform(-1, 1))
            is_first_token = False
        due_s += frame.pause_s
        yield due_s, frame


def seconds(text: str) -> float:
    """A Go duration (`300ms`, `1m30s`) or whole seconds."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    if not text or _PART.sub("", text):
        raise ValueError(f"{text!r} is not a duration; write it as 300ms, 1.5s, 1m30s or in whole seconds")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"{text!r} is not a number of 0 or more")
    return value


def _fraction(text: str) -> float:
    value = _number(text)
    if value > 1:
        raise ValueError(f"{text!r} is not a fraction between 0 and 1")
    return value


_SETTINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "tokens_per_second": ("tokens_per_second", _number),
    "time_to_first_token": ("time_to_first_token_s", seconds),
    "jitter": ("jitter", _fraction),
    "seed": ("seed", int),
}

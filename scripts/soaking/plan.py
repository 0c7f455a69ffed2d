"""What happens to each stream, drawn at random, and which ends are right for it.

A stream's prompt is `<number> <what upstream does> <tokens>`: that is how upstream knows.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

SSE, DOCUMENT = "text/event-stream", "application/json"

# What upstream does, how often (of 1,000), and how the answer ends for a reader who reads it.
UPSTREAM = {
    "answers": (620, "complete"),
    "hesitates": (80, "complete"),
    "refuses with 429": (40, "upstream_rate_limited"),
    "refuses with 500": (40, "upstream_error"),
    "cuts": (50, "upstream_unreachable"),
    "sends an error": (50, "upstream_error"),
    "falls silent": (60, "upstream_timeout"),
    "never answers": (30, "upstream_timeout"),
    "only comments": (30, "upstream_timeout"),
}
# What the reader does, how often (of 1,000).
READER = {
    "reads": 640,
    "leaves before the first byte": 110,
    "leaves in flow": 120,
    "leaves in silence": 120,
    "reads slowly": 8,
    "is stuck": 2,
}
# Readers for whom upstream has to do what they are there for.
FITTING = {
    "leaves in silence": ("falls silent", "never answers", "only comments"),
    "reads slowly": ("says much",),
    "is stuck": ("never ends",),
}
ENDS = {what: end for what, (_, end) in UPSTREAM.items()} | {"says much": "complete", "never ends": "write_stalled"}


@dataclass(frozen=True, slots=True)
class Plan:
    """One stream. pause_s: how long a leaver stays."""

    number: int
    reader: str
    upstream: str
    accept: str
    tokens: int
    pause_s: float

    @property
    def prompt(self) -> str:
        return f"{self.number} {self.upstream} {self.tokens}"

    @property
    def leaves(self) -> bool:
        return self.reader.startswith("leaves")

    @property
    def ends(self) -> set[str]:
        """The outcomes that are right: a leaver's answer may have ended before its reader left."""
        return {ENDS[self.upstream], "reader_left"} if self.leaves else {ENDS[self.upstream]}


def draw(count: int, seed: int) -> Iterator[Plan]:
    """The same plans for the same seed."""
    chance = random.Random(seed)
    usual, weights = list(UPSTREAM), [weight for weight, _ in UPSTREAM.values()]
    for number in range(count):
        reader = chance.choices(list(READER), list(READER.values()))[0]
        upstream = chance.choice(FITTING[reader]) if reader in FITTING else chance.choices(usual, weights)[0]
        # Whoever does not take what comes is no reader of a document, which comes whole.
        accept = SSE if reader in ("reads slowly", "is stuck") else chance.choice([SSE, SSE, DOCUMENT])
        yield Plan(number, reader, upstream, accept, chance.randint(1, 60), chance.uniform(0.0, 0.2))

"""What happens to each stream, drawn at random, and which ends are right for it.

A stream's prompt is `<number> <what upstream does> <tokens>`, so that upstream knows what to do.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

SSE, DOCUMENT = "text/event-stream", "application/json"

# What upstream does, how often (of 1,000), and how the answer ends for a client that reads it.
UPSTREAM = {
    "answers": (620, "complete"),
    "hesitates": (80, "complete"),
    "refuses with 429": (40, "upstream_rate_limited"),
    "refuses with 500": (40, "upstream_error"),
    "cuts": (50, "upstream_unreachable"),
    "sends an error": (50, "upstream_error"),
    "falls silent": (60, "upstream_timeout"),
    "never answers": (30, "upstream_timeout"),
    "only comments": (30, "deadline_exceeded"),
}
# What the client does, how often (of 1,000).
CLIENT = {
    "reads": 640,
    "disconnects before the first byte": 110,
    "disconnects in flow": 120,
    "disconnects in silence": 120,
    "reads slowly": 8,
    "is stuck": 2,
}
# For these clients, upstream must do one of these things.
FITTING = {
    "disconnects in silence": ("falls silent", "never answers", "only comments"),
    "reads slowly": ("says much",),
    "is stuck": ("never ends",),
}
ENDS = {what: end for what, (_, end) in UPSTREAM.items()} | {"says much": "complete", "never ends": "write_stalled"}


@dataclass(frozen=True, slots=True)
class Plan:
    """One stream. pause_s: how long a client that disconnects stays."""

    number: int
    client: str
    upstream: str
    accept: str
    tokens: int
    pause_s: float

    @property
    def prompt(self) -> str:
        return f"{self.number} {self.upstream} {self.tokens}"

    @property
    def disconnects(self) -> bool:
        return self.client.startswith("disconnects")

    @property
    def ends(self) -> set[str]:
        """The outcomes that are right.

        An answer may have ended before its client disconnects. On a busy machine, the deadline of an answer may come
        before the buffers of its stuck client are full.
        """
        also = {"client_disconnected"} if self.disconnects else set()
        return {ENDS[self.upstream], *also, *(["deadline_exceeded"] if self.client == "is stuck" else [])}


def draw(count: int, seed: int) -> Iterator[Plan]:
    """The same plans for the same seed."""
    chance = random.Random(seed)
    usual, weights = list(UPSTREAM), [weight for weight, _ in UPSTREAM.values()]
    for number in range(count):
        client = chance.choices(list(CLIENT), list(CLIENT.values()))[0]
        upstream = chance.choice(FITTING[client]) if client in FITTING else chance.choices(usual, weights)[0]
        # A document arrives in one piece, so slow and stuck clients do not ask for one.
        accept = SSE if client in ("reads slowly", "is stuck") else chance.choice([SSE, SSE, DOCUMENT])
        yield Plan(number, client, upstream, accept, chance.randint(1, 60), chance.uniform(0.0, 0.2))

"""The ratios that the benchmark is read for, with the limits that they must stay below."""

from collections.abc import Mapping
from typing import NamedTuple

from benchmarking.contenders import at, is_ours, label
from benchmarking.results import Results

AGAINST = "against"
"""As `over` of a goal: the same contender at the commit that `--against` names."""


class Goal(NamedTuple):
    """One contender's number over another's.

    field: of Measurement. limits: by number of streams, or one for all loads; no limit for a load that is missing.
    """

    text: str
    field: str
    contender: str
    over: str
    limits: Mapping[int, float] | float

    def ratio(self, results: Results, streams: int) -> float | None:
        """None if one of the two was not measured or delivered nothing."""
        one, other = results.of(self.contender, streams), results.of(self._other(results), streams)
        if one is None or other is None or not getattr(other, self.field):
            return None
        return float(getattr(one, self.field) / getattr(other, self.field))

    def limit(self, streams: int) -> float | None:
        return self.limits.get(streams) if isinstance(self.limits, Mapping) else self.limits

    def label(self, results: Results) -> str:
        return f"{self.text}: {label(self.contender)} over {label(self._other(results))}"

    def _other(self, results: Results) -> str:
        return at(self.contender, results.against) if self.over == AGAINST else self.over


GOALS = (
    Goal("CPU per token", "cpu_us", "stream-openai", "express", {200: 1.0, 500: 1.05, 1000: 1.05}),
    Goal("added latency p99", "added_latency_p99_ms", "stream-openai", "express", {200: 1.0, 500: 1.25, 1000: 2.0}),
    Goal("first token p99", "first_token_p99_ms", "stream-openai", "express", {200: 1.0}),
    Goal("first token p99", "first_token_p99_ms", "stream-openai", AGAINST, {500: 1.5, 1000: 1.25}),
    Goal("peak memory", "memory_mib", "stream-openai", "express", {200: 0.95, 500: 0.9, 1000: 0.75}),
    Goal("CPU per token", "cpu_us", "openai-proxy", "stream-openai", 0.9),
    Goal("CPU per token", "cpu_us", "generator", "stream-openai", 1.2),
    Goal("CPU per token", "cpu_us", "sync-client", "fastapi", 1.0),
    Goal("CPU per token", "cpu_us", "stream-langchain", "langchain", 1.1),
    Goal("CPU per token", "cpu_us", "langchain-stream", "langchain", 1.1),
    Goal("CPU per token", "cpu_us", "agent", "langgraph", 1.1),
    Goal("added latency p99", "added_latency_p99_ms", "ask-docs", "stream-langchain", {}),
)

START_CONTENDER = "stream-openai"
PORT_OPEN_LIMIT_MS = 500
FIRST_TOKEN_LIMIT_MS = 1000
BURST_MEMORY_LIMIT_MIB = 110
"""These three limits are for the start of START_CONTENDER."""

INDEX_READY_LIMIT_MS = 5000
SEARCH_LIMIT_MS = 50
"""Of the search of `ask-docs` in 10,000 sections."""


def lost_streams(results: Results, streams: int) -> int:
    """The streams of our contenders that were cut short or unfinished under this load. None may be lost."""
    measured = [results.of(name, streams) for name in results.contenders() if is_ours(name)]
    return sum(each.cut_short + each.unfinished for each in measured if each)

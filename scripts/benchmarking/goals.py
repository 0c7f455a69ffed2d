"""What the benchmark is read for: one contestant's number over another's."""

from typing import NamedTuple

from benchmarking.results import Results


class Goal(NamedTuple):
    """field: of Measurement."""

    text: str
    field: str
    contestant: str
    over: str

    def ratio(self, results: Results, streams: int) -> float | None:
        """None where one of the two was not measured, or delivered nothing."""
        one, other = results.of(self.contestant, streams), results.of(self.over, streams)
        if one is None or other is None or not getattr(other, self.field):
            return None
        return float(getattr(one, self.field) / getattr(other, self.field))


GOALS = (
    Goal("CPU a token, `stream-openai` over FastAPI", "cpu_us", "stream-openai", "fastapi"),
    Goal("CPU a token, `stream-openai` over Express", "cpu_us", "stream-openai", "express"),
    Goal("CPU a token, `openai-proxy` over `stream-openai`", "cpu_us", "openai-proxy", "stream-openai"),
    Goal("CPU a token, `stream-langchain` over LangChain alone", "cpu_us", "stream-langchain", "langchain"),
    Goal("lateness p99, `stream-openai` over Express", "late_p99_ms", "stream-openai", "express"),
    Goal("memory, `stream-openai` over Express", "memory_mib", "stream-openai", "express"),
)

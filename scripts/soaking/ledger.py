"""How each stream ended: as its client saw it, as the log says, and as upstream counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from soaking.plan import Plan
from soaking.process import Holdings

MEMORY_SLACK_KIB = 16 * 1024
"""What the allocator may keep by itself. A leak of 2 KiB per stream is more than that after 10,000 streams."""

UNSETTLED_SLACK_KIB = 64 * 1024
"""The same for a short soak: what the allocator keeps grows during the first 2,500 streams or so."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One front's streams. plans and seen: by call id."""

    front: str
    plans: Mapping[str, Plan]
    seen: Mapping[str, str]
    records: Iterable[Mapping[str, Any]]
    calls: Mapping[str, int]
    before: Holdings
    after: Holdings
    open_upstream: int
    tracebacks: int
    seconds: float
    outcomes: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for record in self.records:
            if record["call_id"] in self.plans:
                self.outcomes.setdefault(record["call_id"], []).append(record["outcome"])

    def problems(self) -> list[str]:
        """What is wrong, one line each; none if all is well."""
        problems = [problem for call_id, plan in self.plans.items() if (problem := self._problem(call_id, plan))]
        problems += [f"stream {n} has sent {times} requests upstream" for n, times in self.calls.items() if times > 1]
        for name in ("threads", "sockets"):
            before, after = getattr(self.before, name), getattr(self.after, name)
            if after > before:
                problems.append(f"{name}: {before} before, {after} after")
        slack = MEMORY_SLACK_KIB if len(self.plans) >= 5000 else UNSETTLED_SLACK_KIB
        if self.after.memory - self.before.memory > slack:
            problems.append(f"memory: {self.before.memory} KiB before, {self.after.memory} KiB after")
        if self.open_upstream:
            problems.append(f"upstream has {self.open_upstream} calls open")
        if self.tracebacks:
            problems.append(f"the function has printed {self.tracebacks} tracebacks")
        return problems

    def table(self) -> str:
        """Streams by what was done and how they ended, and what the process held before and after."""
        rows: Counter[tuple[str, str, str]] = Counter()
        for call_id, plan in self.plans.items():
            rows[plan.upstream, plan.client, " + ".join(self.outcomes.get(call_id, ["no log line"]))] += 1
        lines = [f"{self.front}: {len(self.plans)} streams in {self.seconds:.0f} s", ""]
        lines += [f"{'upstream':18}{'client':34}{'outcome':24}{'streams':>8}"]
        lines += [
            f"{up:18}{client:34}{outcome:24}{rows[up, client, outcome]:8}" for up, client, outcome in sorted(rows)
        ]
        lines += ["", f"{'':18}{'before':>10}{'after':>10}"]
        for name in ("threads", "sockets", "memory"):
            unit = " (KiB)" if name == "memory" else ""
            lines.append(f"{name + unit:18}{getattr(self.before, name):10}{getattr(self.after, name):10}")
        return "\n".join(lines)

    def _problem(self, call_id: str, plan: Plan) -> str | None:
        outcomes, seen = self.outcomes.get(call_id, []), self.seen[call_id]
        what = f"stream {plan.number} (upstream {plan.upstream}, client {plan.client}, {plan.accept})"
        if not outcomes and plan.disconnects and str(plan.number) not in self.calls:
            return None  # it disconnected before its request had a thread
        if len(outcomes) != 1:
            return f"{what} has {len(outcomes)} log lines; its client saw: {seen}"
        if outcomes[0] not in plan.ends:
            return f"{what} ended with {outcomes[0]}, expected {' or '.join(sorted(plan.ends))}; its client saw: {seen}"
        if seen not in ("disconnected", outcomes[0]):
            return f"{what} ended with {outcomes[0]}, but its client saw: {seen}"
        return None

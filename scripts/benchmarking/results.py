"""All measurements, and the medians of their rounds."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from statistics import median

from benchmarking.measurement import Measurement
from benchmarking.searching import Search
from benchmarking.starting import ColdBurst, Start

_NUMBERS = [each.name for each in fields(Measurement) if each.name not in ("contender", "streams", "reasons")]


@dataclass(slots=True)
class Results:
    """conditions: the machine and the releases. against: the commit of the earlier contenders; empty without any.

    Measurements, starts, bursts and searches are in the order in which they were made.
    """

    conditions: Sequence[str]
    measurements: list[Measurement] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    bursts: list[ColdBurst] = field(default_factory=list)
    searches: list[Search] = field(default_factory=list)
    against: str = ""

    def contenders(self) -> list[str]:
        return list(dict.fromkeys(each.contender for each in self.measurements))

    def streams(self) -> list[int]:
        return sorted({each.streams for each in self.measurements})

    def of(self, contender: str, streams: int) -> Measurement | None:
        """The median of each number; of streams cut short or unfinished, the worst round. None: not measured."""
        rounds = [each for each in self.measurements if (each.contender, each.streams) == (contender, streams)]
        return _median(rounds) if rounds else None

    def start_of(self, contender: str) -> Start | None:
        """The median of each number. None: not measured."""
        starts = [each for each in self.starts if each.contender == contender]
        if not starts:
            return None
        port_open, first_token = (
            median(getattr(each, name) for each in starts) for name in ("port_open_ms", "first_token_ms")
        )
        return Start(contender, port_open, first_token)

    def burst_of(self, contender: str) -> ColdBurst | None:
        """The worst of each number. None: not measured."""
        bursts = [each for each in self.bursts if each.contender == contender]
        if not bursts:
            return None
        return ColdBurst(
            contender,
            served=min(each.served for each in bursts),
            first_token_max_ms=max(each.first_token_max_ms for each in bursts),
            memory_mib=max(each.memory_mib for each in bursts),
        )

    def search_of(self, contender: str) -> Search | None:
        """The median of each number, and the longest search. None: not measured."""
        searches = [each for each in self.searches if each.contender == contender]
        if not searches:
            return None
        return Search(
            contender,
            ready_ms=median(each.ready_ms for each in searches),
            p50_ms=median(each.p50_ms for each in searches),
            max_ms=max(each.max_ms for each in searches),
        )

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Results":
        read = json.loads(text)
        return cls(
            read["conditions"],
            [Measurement(**each) for each in read["measurements"]],
            [Start(**each) for each in read["starts"]],
            [ColdBurst(**each) for each in read["bursts"]],
            [Search(**each) for each in read.get("searches", [])],
            read["against"],
        )


def _median(rounds: Sequence[Measurement]) -> Measurement:
    values = {name: median(getattr(each, name) for each in rounds) for name in _NUMBERS}
    worst = {name: max(getattr(each, name) for each in rounds) for name in ("cut_short", "unfinished")}
    reasons = tuple(reason for each in rounds for reason in each.reasons)
    return Measurement(contender=rounds[0].contender, streams=rounds[0].streams, reasons=reasons, **values | worst)

"""All that was measured, and the medians of its rounds."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from statistics import median

from benchmarking.measurement import Measurement
from benchmarking.starting import Start

_NUMBERS = [each.name for each in fields(Measurement) if each.name not in ("contestant", "streams", "why")]


@dataclass(slots=True)
class Results:
    """conditions: what it was measured on and with. The rest is in the order in which it was measured."""

    conditions: Sequence[str]
    measurements: list[Measurement] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)

    def contestants(self) -> list[str]:
        return list(dict.fromkeys(each.contestant for each in self.measurements))

    def streams(self) -> list[int]:
        return sorted({each.streams for each in self.measurements})

    def of(self, contestant: str, streams: int) -> Measurement | None:
        """The median of each number; of what was lost (cut short, unfinished) the worst round. None: not measured."""
        rounds = [each for each in self.measurements if (each.contestant, each.streams) == (contestant, streams)]
        return _median(rounds) if rounds else None

    def start_of(self, contestant: str) -> Start | None:
        starts = [each for each in self.starts if each.contestant == contestant]
        if not starts:
            return None
        opened, answered = (
            median(getattr(each, name) for each in starts) for name in ("port_open_ms", "first_token_ms")
        )
        return Start(contestant, opened, answered)

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Results":
        read = json.loads(text)
        measurements = [Measurement(**each) for each in read["measurements"]]
        return cls(read["conditions"], measurements, [Start(**each) for each in read["starts"]])


def _median(rounds: Sequence[Measurement]) -> Measurement:
    values = {name: median(getattr(each, name) for each in rounds) for name in _NUMBERS}
    worst = {name: max(getattr(each, name) for each in rounds) for name in ("cut_short", "unfinished")}
    why = tuple(reason for each in rounds for reason in each.why)
    return Measurement(contestant=rounds[0].contestant, streams=rounds[0].streams, why=why, **values | worst)

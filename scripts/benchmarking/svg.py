"""Bar charts in SVG: one block of bars per row, one bar per series."""

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 760, 230, 70
BAR, BETWEEN, ABOVE, BELOW = 11, 9, 58, 12

# The colours follow the system's light or dark scheme. The chart has its own background, because the page's background
# may follow another scheme.
_STYLE = (
    "svg{background:#fff}text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:14px}"
    ".n{font-size:10px}.o{fill:#0969da}.p{fill:#6e7781}.g{stroke:#d0d7de}"
    "@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.o{fill:#58a6ff}.p{fill:#9198a1}"
    ".g{stroke:#3d444d}}"
)


class Row(NamedTuple):
    """values: one per series; None: not measured. Bars of emphasized rows have a colour."""

    label: str
    values: Sequence[float | None]
    is_emphasized: bool = False


def bars(title: str, series: Sequence[str], rows: Sequence[Row], *, is_logarithmic: bool = False) -> str:
    """An SVG document. A linear scale begins at 0, a logarithmic one at the power of ten below the least value."""
    known = [value for row in rows for value in row.values if value]
    scale = _Scale(known, is_logarithmic)
    block = len(series) * BAR + BETWEEN
    height = ABOVE + len(rows) * block + BELOW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}"><style>{_STYLE}</style>',
        f'<text class="t" x="8" y="20">{escape(title)}</text>',
        _legend(series),
    ]
    for tick in scale.ticks():
        x = LEFT + scale.length(tick)
        parts.append(f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{ABOVE - 6}" y2="{height - BELOW}"/>')
    for number, row in enumerate(rows):
        parts.append(_block(row, ABOVE + number * block, scale, len(series)))
    return "\n".join([*parts, "</svg>", ""])


def _legend(series: Sequence[str]) -> str:
    return "".join(
        f'<rect class="p" opacity="{_opacity(n, len(series)):.2f}" x="{LEFT + n * 110}" y="33" width="10" height="10"/>'
        f'<text class="n" x="{LEFT + 14 + n * 110}" y="42">{escape(name)}</text>'
        for n, name in enumerate(series)
    )


def _block(row: Row, y: int, scale: "_Scale", series: int) -> str:
    parts = [f'<text x="{LEFT - 8}" y="{y + series * BAR / 2 + 4:.0f}" text-anchor="end">{escape(row.label)}</text>']
    kind = "o" if row.is_emphasized else "p"
    for number, value in enumerate(row.values):
        if value is None:
            continue
        length, top, opacity = scale.length(value), y + number * BAR, _opacity(number, series)
        size = f'x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR - 1}"'
        parts.append(
            f'<rect class="{kind}" opacity="{opacity:.2f}" {size}/>'
            f'<text class="n" x="{LEFT + length + 4:.1f}" y="{top + 9}">{_short(value)}</text>'
        )
    return "\n".join(parts)


def _opacity(number: int, count: int) -> float:
    return 0.4 + 0.6 * (number + 1) / count


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


class _Scale:
    def __init__(self, values: Sequence[float], is_logarithmic: bool) -> None:
        self._most = max(values, default=1.0)
        self._is_logarithmic = is_logarithmic
        self._least = 10.0 ** math.floor(math.log10(min(values, default=0.1))) if is_logarithmic else 0.0

    def length(self, value: float) -> float:
        room = WIDTH - LEFT - RIGHT
        if not self._is_logarithmic:
            return room * value / self._most
        if value <= self._least:
            return 0.0
        return room * math.log10(value / self._least) / math.log10(max(self._most, 10 * self._least) / self._least)

    def ticks(self) -> list[float]:
        if self._is_logarithmic:
            powers = range(round(math.log10(self._least)), math.floor(math.log10(self._most)) + 1)
            return [10.0**power for power in powers]
        step = 10.0 ** math.floor(math.log10(self._most))
        step = step if self._most / step >= 3 else step / 4
        return [step * number for number in range(int(self._most / step) + 1)]

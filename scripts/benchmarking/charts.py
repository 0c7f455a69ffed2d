"""Which charts there are of the results."""

from benchmarking import svg
from benchmarking.contestants import LABELS, LIMIT, OURS
from benchmarking.results import Results

CHARTS = {
    "bench-cpu": ("CPU a token, µs", "cpu_us", False),
    "bench-lateness": ("Lateness of a token, 99th percentile, ms, logarithmic", "late_p99_ms", True),
}
"""By file name: title, field of Measurement, whether its scale is logarithmic."""


def chart(results: Results, name: str) -> str:
    """The chart of this name as an SVG document, with our functions in colour."""
    title, field, is_logarithmic = CHARTS[name]
    rows = []
    for contestant in results.contestants():
        measured = [results.of(contestant, streams) for streams in results.streams()]
        if contestant != LIMIT or field != "cpu_us":
            values = [getattr(each, field) if each else None for each in measured]
            rows.append(svg.Row(LABELS[contestant].replace("`", ""), values, contestant in OURS))
    series = [f"{streams:,} streams" for streams in results.streams()]
    return svg.bars(title, series, rows, is_logarithmic=is_logarithmic)

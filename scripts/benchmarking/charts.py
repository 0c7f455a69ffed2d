"""The charts of the results."""

from benchmarking import svg
from benchmarking.contenders import BASELINE, is_ours, label
from benchmarking.results import Results

CHARTS = {
    "bench-cpu": ("CPU per token, µs", "cpu_us", False),
    "bench-added-latency": ("Added latency of a token, 99th percentile, ms, logarithmic", "added_latency_p99_ms", True),
}
"""By file name: title, field of Measurement, whether the scale is logarithmic."""


def chart(results: Results, name: str) -> str:
    """The chart of this name as an SVG document, with our functions in colour."""
    title, field, is_logarithmic = CHARTS[name]
    rows = []
    for contender in results.contenders():
        measured = [results.of(contender, streams) for streams in results.streams()]
        if contender != BASELINE or field != "cpu_us":
            values = [getattr(each, field) if each else None for each in measured]
            rows.append(svg.Row(label(contender).replace("`", ""), values, is_ours(contender)))
    series = [f"{streams:,} streams" for streams in results.streams()]
    return svg.bars(title, series, rows, is_logarithmic=is_logarithmic)

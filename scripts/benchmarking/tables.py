"""The results in Markdown."""

from collections.abc import Iterable, Sequence

from benchmarking.contestants import LABELS, LIMIT
from benchmarking.goals import GOALS
from benchmarking.measurement import Measurement
from benchmarking.results import Results

_COLUMNS = (
    "streams", "", "CPU µs a token", "lateness ms, p50", "p99", "first token ms, p50", "p99",
    "cut short", "unfinished", "tokens/s", "MiB",
)  # fmt: skip

_LEGEND = (
    "CPU and peak memory are those of the function's process, without the watchdog. Lateness is counted from a token's "
    "writing upstream to its reader, the first token from the request. A stream is cut short where it ends without all "
    "of its tokens, and unfinished where it is given up after five times its length and 10 s; of both the worst round."
)


def report(results: Results) -> str:
    """All tables, each with what one has to know to read it."""
    conditions = f"Medians of {', '.join(results.conditions)}."
    parts = [conditions, _LEGEND, loads(results), costs_beside(results), goals(results), starts(results)]
    return "\n\n".join(part for part in parts if part)


def loads(results: Results) -> str:
    """A row for each contestant under each load."""
    rows = [
        _row(measured)
        for streams in results.streams()
        for name in results.contestants()
        if (measured := results.of(name, streams))
    ]
    return table(_COLUMNS, rows, text_in=1)


def costs_beside(results: Results) -> str:
    """What mock, load generator and watchdog took themselves."""
    told = []
    for streams in results.streams():
        measured = results.of(LIMIT, streams) or results.of(results.contestants()[0], streams)
        if measured:
            told.append(
                f"at {streams:,} streams {measured.mock_cpu_us:.0f}, {measured.load_cpu_us:.0f} and "
                f"{measured.watchdog_cpu_us:.0f}"
            )
    of = LABELS[LIMIT if LIMIT in results.contestants() else results.contestants()[0]]
    return f"The CPU of mock, load generator and watchdog, in µs a token and with {of}: {'; '.join(told)}."


def goals(results: Results) -> str:
    """Ratios, one column a load; empty where none of them can be had."""
    rows = []
    for goal in GOALS:
        ratios = [goal.ratio(results, streams) for streams in results.streams()]
        if any(ratios):
            rows.append([goal.text, *("–" if ratio is None else f"{ratio:.2f}" for ratio in ratios)])
    return table(["ratio at streams", *(f"{streams:,}" for streams in results.streams())], rows) if rows else ""


def starts(results: Results) -> str:
    """From a process's start; without a watchdog, for a watchdog's port says nothing of the function."""
    found = [(name, start) for name in results.contestants() if (start := results.start_of(name))]
    rows = [[LABELS[name], f"{start.port_open_ms:,.0f}", f"{start.first_token_ms:,.0f}"] for name, start in found]
    return table(["from the process's start", "port open ms", "first token ms"], rows) if rows else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], text_in: int = 0) -> str:
    """One column holds text, the others hold numbers."""
    aligned = [":--" if column == text_in else "--:" for column in range(len(head))]
    lines = [head, aligned, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(measured: Measurement) -> list[str]:
    is_limit = measured.contestant == LIMIT
    return [
        f"{measured.streams:,}",
        LABELS[measured.contestant],
        "–" if is_limit else f"{measured.cpu_us:.0f}",
        *(_ms(value) for value in (measured.late_p50_ms, measured.late_p99_ms)),
        *(_ms(value) for value in (measured.first_p50_ms, measured.first_p99_ms)),
        str(measured.cut_short),
        str(measured.unfinished),
        f"{measured.tokens_per_s:,.0f}",
        "–" if is_limit else f"{measured.memory_mib:.0f}",
    ]


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"

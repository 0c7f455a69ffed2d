"""The results in Markdown."""

from collections.abc import Iterable, Sequence

from benchmarking.contenders import BASELINE, label
from benchmarking.goals import (
    BURST_MEMORY_LIMIT_MIB,
    FIRST_TOKEN_LIMIT_MS,
    GOALS,
    INDEX_READY_LIMIT_MS,
    PORT_OPEN_LIMIT_MS,
    SEARCH_LIMIT_MS,
    START_CONTENDER,
    lost_streams,
)
from benchmarking.measurement import Measurement
from benchmarking.results import Results
from benchmarking.starting import BURST_REQUESTS

_COLUMNS = (
    "streams", "", "CPU µs per token", "added latency ms, p50", "p99", "first token ms, p50", "p99",
    "cut short", "unfinished", "tokens/s", "MiB",
)  # fmt: skip

_LEGEND = (
    "All streams begin within one second. CPU and peak memory are those of the function's process, without the "
    "watchdog. Added latency is the time from upstream's write of a token to the client's read. The time to the first "
    "token counts from the request. A stream is cut short if it ends without all of its tokens. It is unfinished if it "
    "is given up after five times its length and 10 s. Of both numbers the table shows the worst round."
)

_GOALS_LEGEND = (
    "A ratio is followed by its limit. A ratio above its limit is in bold. Differences below 15 % are noise."
)

_STARTS_COLUMNS = ("", "port open ms", "first token ms", "burst: served", "last first token ms", "MiB")

_STARTS_LEGEND = (
    "Port open and first token count from the start of the process. Then, in a new process, "
    f"{BURST_REQUESTS} requests arrive at once when the port opens: how many are served, when the last of them has its "
    "first token, and the peak memory. Of the burst the table shows the worst round."
)

_SEARCHES_COLUMNS = ("", "index ready ms", "search ms, p50", "longest")

_SEARCHES_LEGEND = (
    "The search alone, in a process that does nothing else. Ready counts from the files to the index, with the import "
    "of the retriever. Questions have 3 to 40 words."
)


def report(results: Results) -> str:
    """All tables, each with the explanation that it needs."""
    conditions = f"Medians of {', '.join(results.conditions)}."
    parts = [conditions, _LEGEND, loads(results), other_costs(results), goals(results), starts(results)]
    parts.append(searches(results))
    return "\n\n".join(part for part in parts if part)


def loads(results: Results) -> str:
    """One row per contender and load."""
    rows = [
        _row(measured)
        for streams in results.streams()
        for name in results.contenders()
        if (measured := results.of(name, streams))
    ]
    return table(_COLUMNS, rows, text_column=1)


def other_costs(results: Results) -> str:
    """The CPU of the mock, of the load generator and of the watchdog."""
    names = results.contenders()
    name = BASELINE if BASELINE in names else names[0]
    costs = [
        f"at {streams:,} streams {measured.mock_cpu_us:.0f}, {measured.load_cpu_us:.0f} and "
        f"{measured.watchdog_cpu_us:.0f}"
        for streams in results.streams()
        if (measured := results.of(name, streams))
    ]
    return f"CPU of mock, load generator and watchdog in µs per token, with {label(name)}: {'; '.join(costs)}."


def goals(results: Results) -> str:
    """Ratios, one column per load; empty if no ratio is known."""
    loads = results.streams()
    rows = []
    for goal in GOALS:
        ratios = [goal.ratio(results, streams) for streams in loads]
        if any(ratios):
            limits = [goal.limit(streams) for streams in loads]
            cells = [_compared(ratio, limit) for ratio, limit in zip(ratios, limits, strict=True)]
            rows.append([goal.label(results), *cells])
    if not rows:
        return ""
    lost = [_compared(lost_streams(results, streams), 0, digits=0) for streams in loads]
    rows.append(["our streams cut short or unfinished", *lost])
    return f"{_GOALS_LEGEND}\n\n{table(['ratio at streams', *(f'{streams:,}' for streams in loads)], rows)}"


def starts(results: Results) -> str:
    """Times from the start of the process, without a watchdog, whose own port says nothing about the function."""
    rows = []
    for name in results.contenders():
        start, burst = results.start_of(name), results.burst_of(name)
        if not start or not burst:
            continue
        has_limits = name == START_CONTENDER
        rows.append([
            label(name),
            _compared(start.port_open_ms, PORT_OPEN_LIMIT_MS if has_limits else None, digits=0),
            _compared(start.first_token_ms, FIRST_TOKEN_LIMIT_MS if has_limits else None, digits=0),
            str(burst.served),
            f"{burst.first_token_max_ms:,.0f}",
            _compared(burst.memory_mib, BURST_MEMORY_LIMIT_MIB if has_limits else None, digits=0),
        ])  # fmt: skip
    return f"{_STARTS_LEGEND}\n\n{table(_STARTS_COLUMNS, rows)}" if rows else ""


def searches(results: Results) -> str:
    """The search of ask-docs, in a process that does nothing else."""
    rows = [
        [
            label(name),
            _compared(search.ready_ms, INDEX_READY_LIMIT_MS, digits=0),
            _compared(search.p50_ms, None, digits=1),
            _compared(search.max_ms, SEARCH_LIMIT_MS, digits=1),
        ]
        for name in results.contenders()
        if (search := results.search_of(name))
    ]
    return f"{_SEARCHES_LEGEND}\n\n{table(_SEARCHES_COLUMNS, rows)}" if rows else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], text_column: int = 0) -> str:
    """A table in which one column contains text and the others numbers."""
    aligned = [":--" if column == text_column else "--:" for column in range(len(head))]
    lines = [head, aligned, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _compared(value: float | None, limit: float | None, digits: int = 2) -> str:
    """The value with its limit, in bold if it is above the limit."""
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    if limit is None:
        return text
    return f"**{text} > {limit:,.{digits}f}**" if value > limit else f"{text} ≤ {limit:,.{digits}f}"


def _row(measured: Measurement) -> list[str]:
    is_baseline = measured.contender == BASELINE
    latencies = (measured.added_latency_p50_ms, measured.added_latency_p99_ms)
    first_tokens = (measured.first_token_p50_ms, measured.first_token_p99_ms)
    return [
        f"{measured.streams:,}",
        label(measured.contender),
        "–" if is_baseline else f"{measured.cpu_us:.0f}",
        *(_ms(value) for value in (*latencies, *first_tokens)),
        str(measured.cut_short),
        str(measured.unfinished),
        f"{measured.tokens_per_s:,.0f}",
        "–" if is_baseline else f"{measured.memory_mib:.0f}",
    ]


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"

"""The benchmark: its tables, charts and README part, and one run of it in short, through the real pieces."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarking import charts, packages, readme, svg, tables
from benchmarking.bench import Plan, bench
from benchmarking.contestants import LABELS, OURS, Contestant
from benchmarking.goals import GOALS
from benchmarking.measurement import Measurement
from benchmarking.results import Results
from benchmarking.starting import Start
from local.problem import Problem
from tests.platform.watchdogs import Watchdog

ONE = Measurement(
    contestant="stream-openai", streams=200, cpu_us=100, late_p50_ms=1, late_p99_ms=10, first_p50_ms=5,
    first_p99_ms=250, cut_short=0, unfinished=0, tokens=40_000, tokens_asked=40_000, tokens_per_s=3636.4, memory_mib=60,
    watchdog_cpu_us=30, mock_cpu_us=20, load_cpu_us=10,
)  # fmt: skip


def results(*measurements: Measurement, starts: tuple[Start, ...] = ()) -> Results:
    return Results(["1 round of 10 s", "2 cores"], list(measurements), list(starts))


@pytest.fixture
def everything() -> Results:
    """A round of every contestant at every load, each contestant at twice the numbers of the one before."""
    loads = [(number, name, streams) for streams in (50, 1000) for number, name in enumerate(LABELS)]
    measured = [replace(ONE, contestant=c, streams=s, cpu_us=50 * 2**n, late_p99_ms=2.0**n) for n, c, s in loads]
    return results(*measured, starts=tuple(Start(name, 120, 480) for name in LABELS))


def test_of_several_rounds_the_median_is_told() -> None:
    measured = results(*(replace(ONE, cpu_us=cpu, late_p99_ms=late) for cpu, late in ((90, 4), (500, 6), (100, 5))))
    median = measured.of("stream-openai", 200)
    assert median is not None
    assert (median.cpu_us, median.late_p99_ms) == (100, 5)


def test_of_what_was_lost_the_worst_round_is_told() -> None:
    measured = results(ONE, replace(ONE, cut_short=3, unfinished=1), ONE)
    assert "| 3 | 1 |" in tables.loads(measured)


def test_what_was_not_measured_has_no_median() -> None:
    assert results(ONE).of("express", 200) is None
    assert results(ONE).of("stream-openai", 50) is None


def test_each_measurement_is_a_row() -> None:
    *_, row = tables.loads(results(ONE)).splitlines()
    assert row == "| 200 | `stream-openai` | 100 | 1.0 | 10.0 | 5.0 | 250 | 0 | 0 | 3,636 | 60 |"


def test_the_limit_has_no_cost_of_its_own() -> None:
    limit = replace(ONE, contestant="limit")
    *_, row = tables.loads(results(ONE, limit)).splitlines()
    assert row == "| 200 | the watchdog straight to the mock | – | 1.0 | 10.0 | 5.0 | 250 | 0 | 0 | 3,636 | – |"
    assert "at 200 streams 20, 10 and 30." in tables.costs_beside(results(ONE, limit))


def test_every_table_has_as_many_cells_in_each_line(everything: Results) -> None:
    for part in tables.report(everything).split("\n\n"):
        if part.startswith("|"):
            assert len({line.count("|") for line in part.splitlines()}) == 1


def test_every_goal_is_told_as_a_ratio(everything: Results) -> None:
    told = tables.goals(everything)
    assert all(goal.text in told for goal in GOALS)
    assert "| CPU a token, `openai-proxy` over `stream-openai` | 2.00 | 2.00 |" in told


def test_a_goal_without_its_contestants_is_left_out() -> None:
    assert tables.goals(results(ONE)) == ""
    two = tables.goals(results(ONE, replace(ONE, contestant="express", cpu_us=200)))
    assert [line.split(" | ")[1] for line in two.splitlines()[2:]] == ["0.50 |", "1.00 |", "1.00 |"]


def test_starts_are_medians() -> None:
    starts = tuple(Start("express", opened, 2 * opened) for opened in (100, 900, 120, 110, 130))
    *_, row = tables.starts(results(replace(ONE, contestant="express"), starts=starts)).splitlines()
    assert row == "| Express, openai | 120 | 240 |"


def test_results_are_read_back_as_they_were(everything: Results) -> None:
    again = Results.from_json(everything.as_json())
    assert tables.report(again) == tables.report(everything)


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_chart_is_small_and_well_formed(everything: Results, name: str) -> None:
    chart = charts.chart(everything, name)
    assert len(chart.encode()) < 30_000
    texts = [element.text for element in ET.fromstring(chart).iter("{http://www.w3.org/2000/svg}text")]
    assert {"stream-openai", "Express, openai", "50 streams", "1,000 streams", charts.CHARTS[name][0]} <= set(texts)


def test_a_chart_is_for_both_backgrounds(everything: Results) -> None:
    assert "prefers-color-scheme:dark" in charts.chart(everything, "bench-cpu")


@pytest.mark.parametrize("is_logarithmic", [False, True])
@pytest.mark.parametrize("values", [[], [None], [0.0], [0.001, 12_000.0], [5.0, 5.0], [10.0, 100.0]], ids=str)
def test_bars_stay_inside_of_the_chart(values: list[float | None], is_logarithmic: bool) -> None:
    chart = svg.bars('<&"', ["a & b"] * max(len(values), 1), [svg.Row("<row>", values)], is_logarithmic=is_logarithmic)
    for bar in ET.fromstring(chart).iter("{http://www.w3.org/2000/svg}rect"):
        assert 0 <= float(bar.attrib["width"]) <= svg.WIDTH - svg.LEFT


def test_only_the_readmes_part_changes() -> None:
    page = f"# Title\n\n{readme.BEGIN}\nold\n{readme.END}\n\nThe rest.\n"
    once = readme.with_part(page, "new\n")
    assert once == f"# Title\n\n{readme.BEGIN}\nnew\n{readme.END}\n\nThe rest.\n"
    assert readme.with_part(once, "new\n") == once


@pytest.mark.parametrize("page", ["# Title\n", f"{readme.BEGIN}\n", f"{readme.END}\n{readme.BEGIN}\n"])
def test_a_readme_without_a_place_for_it_stays_as_it_is(page: str) -> None:
    with pytest.raises(Problem, match="expected the lines <!-- bench --> and <!-- /bench -->"):
        readme.with_part(page, "new")


def test_express_without_node_says_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Problem, match=r"^node and npm not on PATH.*apt-get install nodejs npm"):
        packages.node()


@pytest.mark.parametrize("name", OURS)
def test_a_request_says_how_many_tokens_it_wants(name: str, tmp_path: Path) -> None:
    path = "/v1/chat/completions" if name == "openai-proxy" else "/"
    content_type, body = Contestant(name, "python index.py", tmp_path, path=path).request(7)
    assert "tokens=7" in body
    assert content_type == ("application/json" if name == "openai-proxy" else "text/plain")


def test_a_short_run_loses_no_stream_and_counts_every_token(
    watchdog: Watchdog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    measured = results()
    plan = Plan(streams=[5], rounds=1, seconds=1, starts=1, names=["stream-openai"])
    (tmp_path / "laid-out").mkdir()
    bench(plan, watchdog, tmp_path / "laid-out", measured)
    one = measured.of("stream-openai", 5)
    assert one is not None
    assert (one.cut_short, one.unfinished, one.tokens, one.tokens_asked) == (0, 0, 100, 100)
    assert min(one.cpu_us, one.late_p99_ms, one.first_p50_ms, one.memory_mib, one.mock_cpu_us, one.load_cpu_us) > 0
    [start] = measured.starts
    assert 0 < start.port_open_ms < start.first_token_ms
    assert "round 1 of 1, 5 streams, stream-openai: " in capfd.readouterr().err
    assert "| 5 | `stream-openai` |" in tables.report(measured)

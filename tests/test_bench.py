"""The benchmark: its tables, charts and page, and one short run through all of its pieces."""

import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarking import charts, packages, page, revision, svg, tables
from benchmarking.bench import Plan, bench
from benchmarking.contenders import LABELS, Contender, at
from benchmarking.goals import GOALS
from benchmarking.measurement import Measurement
from benchmarking.results import Results
from benchmarking.starting import ColdBurst, Start
from local.problem import Problem
from tests.fronts import ROOT
from tests.platform.watchdogs import Watchdog

ONE = Measurement(
    contender="stream-openai", streams=200, cpu_us=100, added_latency_p50_ms=1, added_latency_p99_ms=10,
    first_token_p50_ms=5, first_token_p99_ms=250, cut_short=0, unfinished=0, tokens=40_000, tokens_requested=40_000,
    tokens_per_s=3636.4, memory_mib=60, watchdog_cpu_us=30, mock_cpu_us=20, load_cpu_us=10,
)  # fmt: skip

pytestmark = pytest.mark.timeout(900)  # with an empty cache, a first run installs the packages of the contenders


def results(*measurements: Measurement, starts: tuple[Start, ...] = ()) -> Results:
    return Results(["1 round of 10 s", "2 cores"], list(measurements), list(starts))


@pytest.fixture
def everything() -> Results:
    """One round of every contender at two loads. Each contender has twice the numbers of the one before it."""
    loads = [(number, name, streams) for streams in (50, 1000) for number, name in enumerate(LABELS)]
    measured = [
        replace(ONE, contender=c, streams=s, cpu_us=50 * 2**n, added_latency_p99_ms=2.0**n) for n, c, s in loads
    ]
    measured.append(replace(ONE, contender=at("stream-openai", "1d5f5fd"), streams=1000))
    everything = results(*measured, starts=tuple(Start(name, 120, 480) for name in LABELS))
    everything.bursts += [ColdBurst(name, 100, 900, 95) for name in LABELS]
    everything.against = "1d5f5fd"
    return everything


def test_the_median_of_several_rounds_is_reported() -> None:
    measured = results(
        *(replace(ONE, cpu_us=cpu, added_latency_p99_ms=latency) for cpu, latency in ((90, 4), (500, 6), (100, 5)))
    )
    median = measured.of("stream-openai", 200)
    assert median is not None
    assert (median.cpu_us, median.added_latency_p99_ms) == (100, 5)


def test_the_worst_round_of_lost_streams_is_reported() -> None:
    measured = results(ONE, replace(ONE, cut_short=3, unfinished=1), ONE)
    assert "| 3 | 1 |" in tables.loads(measured)


def test_a_load_that_was_not_measured_has_no_median() -> None:
    assert results(ONE).of("express", 200) is None
    assert results(ONE).of("stream-openai", 50) is None


def test_each_measurement_is_a_row() -> None:
    *_, row = tables.loads(results(ONE)).splitlines()
    assert row == "| 200 | `stream-openai` | 100 | 1.0 | 10.0 | 5.0 | 250 | 0 | 0 | 3,636 | 60 |"


def test_the_baseline_has_no_cost_of_its_own() -> None:
    baseline = replace(ONE, contender="baseline")
    *_, row = tables.loads(results(ONE, baseline)).splitlines()
    assert row == "| 200 | the watchdog straight to the mock | – | 1.0 | 10.0 | 5.0 | 250 | 0 | 0 | 3,636 | – |"
    assert "at 200 streams 20, 10 and 30." in tables.other_costs(results(ONE, baseline))


def test_every_table_has_as_many_cells_in_each_line(everything: Results) -> None:
    for part in tables.report(everything).split("\n\n"):
        if part.startswith("|"):
            assert len({line.count("|") for line in part.splitlines()}) == 1


def test_every_goal_is_reported_as_a_ratio(everything: Results) -> None:
    ratios = tables.goals(everything)
    assert all(f"| {goal.label(everything)} |" in ratios for goal in GOALS)
    assert "| first token p99: `stream-openai` over `stream-openai` at 1d5f5fd | – | 1.00 ≤ 1.25 |" in ratios


def test_a_goal_without_its_contenders_is_left_out() -> None:
    assert tables.goals(results(ONE)) == ""
    two = tables.goals(results(ONE, replace(ONE, contender="express", cpu_us=200)))
    rows = [line.split(" | ")[1] for line in two.splitlines() if line.startswith("| ")]
    assert rows == ["200 |", "--: |", "0.50 ≤ 1.00 |", "1.00 ≤ 1.00 |", "1.00 ≤ 1.00 |", "**1.00 > 0.95** |", "0 ≤ 0 |"]


def test_a_load_without_a_limit_shows_the_ratio_alone() -> None:
    ours, express = replace(ONE, streams=50), replace(ONE, streams=50, contender="express", memory_mib=120)
    assert "| peak memory: `stream-openai` over Express, openai | 0.50 |" in tables.goals(results(ours, express))


def test_lost_streams_of_ours_miss_the_goal() -> None:
    measured = results(replace(ONE, cut_short=2), replace(ONE, contender="express", cut_short=9))
    assert "| our streams cut short or unfinished | **2 > 0** |" in tables.goals(measured)


def test_starts_are_medians() -> None:
    starts = tuple(Start("express", opened, 2 * opened) for opened in (100, 900, 120, 110, 130))
    measured = results(replace(ONE, contender="express"), starts=starts)
    measured.bursts += [ColdBurst("express", 100, 800, 90), ColdBurst("express", 98, 900, 80)]
    *_, row = tables.starts(measured).splitlines()
    assert row == "| Express, openai | 120 | 240 | 98 | 900 | 90 |"


def test_a_start_of_ours_is_compared_with_its_limits() -> None:
    measured = results(ONE, starts=(Start("stream-openai", 120, 1100),))
    measured.bursts.append(ColdBurst("stream-openai", 100, 800, 120))
    *_, row = tables.starts(measured).splitlines()
    assert row == "| `stream-openai` | 120 ≤ 500 | **1,100 > 1,000** | 100 | 800 | **120 > 110** |"


def test_results_survive_json(everything: Results) -> None:
    again = Results.from_json(everything.as_json())
    assert tables.report(again) == tables.report(everything)


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_chart_is_small_and_well_formed(everything: Results, name: str) -> None:
    chart = charts.chart(everything, name)
    assert len(chart.encode()) < 30_000
    texts = [element.text for element in ET.fromstring(chart).iter("{http://www.w3.org/2000/svg}text")]
    assert {"stream-openai", "Express, openai", "50 streams", "1,000 streams", charts.CHARTS[name][0]} <= set(texts)


def test_a_chart_suits_a_light_and_a_dark_page(everything: Results) -> None:
    assert "prefers-color-scheme:dark" in charts.chart(everything, "bench-cpu")


@pytest.mark.parametrize("is_logarithmic", [False, True])
@pytest.mark.parametrize("values", [[], [None], [0.0], [0.001, 12_000.0], [5.0, 5.0], [10.0, 100.0]], ids=str)
def test_bars_stay_inside_of_the_chart(values: list[float | None], is_logarithmic: bool) -> None:
    chart = svg.bars('<&"', ["a & b"] * max(len(values), 1), [svg.Row("<row>", values)], is_logarithmic=is_logarithmic)
    for bar in ET.fromstring(chart).iter("{http://www.w3.org/2000/svg}rect"):
        assert 0 <= float(bar.attrib["width"]) <= svg.WIDTH - svg.LEFT


def test_only_the_benchmark_s_part_of_the_page_changes() -> None:
    text = f"# Title\n\n{page.BEGIN}\nold\n{page.END}\n\nThe rest.\n"
    once = page.with_part(text, "new\n")
    assert once == f"# Title\n\n{page.BEGIN}\nnew\n{page.END}\n\nThe rest.\n"
    assert page.with_part(once, "new\n") == once


@pytest.mark.parametrize("text", ["# Title\n", f"{page.BEGIN}\n", f"{page.END}\n{page.BEGIN}\n"])
def test_a_page_without_the_marks_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="expected the lines <!-- bench --> and <!-- /bench -->"):
        page.with_part(text, "new")


def test_express_without_node_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Problem, match=r"^node and npm not on PATH.*apt-get install nodejs npm"):
        packages.express()


@pytest.mark.parametrize(("path", "content_type"), [("/", "text/plain"), ("/v1/chat/completions", "application/json")])
def test_a_request_names_the_number_of_tokens(path: str, content_type: str, tmp_path: Path) -> None:
    request = Contender("stream-openai", "python index.py", tmp_path, path=path).request(7)
    assert "tokens=7" in request.body
    assert request.content_type == content_type


def test_a_handler_of_the_bench_replaces_the_function_s_own(tmp_path: Path) -> None:
    handler = tmp_path / "handler.py"
    handler.write_text("def handle(req): return 'mine'\n")
    folder = revision.WORKING_TREE.lay_out(tmp_path / "fn", handler)
    assert (folder / "function" / "handler.py").read_text() == handler.read_text()
    assert (folder / "faas_stream").is_dir()


@pytest.fixture
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository with one commit, whose function has changed in the working tree."""
    root = tmp_path / "repository"
    (root / "template").mkdir(parents=True)
    (root / "template" / "file").touch()
    handler = root / "functions" / "fn" / "handler.py"
    handler.parent.mkdir(parents=True)
    handler.write_text("committed")
    author = ("-c", "user.name=a", "-c", "user.email=a@example.test")
    for arguments in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "first")):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    handler.write_text("changed")
    monkeypatch.setattr(revision, "ROOT", root)


@pytest.mark.usefixtures("_repository")
def test_a_revision_has_the_files_of_its_commit(tmp_path: Path) -> None:
    earlier = revision.extract("HEAD", tmp_path / "earlier")
    assert (earlier.function("fn") / "handler.py").read_text() == "committed"
    assert earlier.commit


@pytest.mark.usefixtures("_repository")
def test_a_function_that_a_commit_lacks_is_named(tmp_path: Path) -> None:
    earlier = revision.extract("HEAD", tmp_path / "earlier")
    with pytest.raises(Problem, match=rf"^commit {earlier.commit} has no functions/other: leave other out of --only$"):
        earlier.function("other")


@pytest.mark.usefixtures("_repository")
@pytest.mark.parametrize("commit", ["nowhere", "--output=x", ""])
def test_a_commit_that_does_not_exist_is_refused(tmp_path: Path, commit: str) -> None:
    with pytest.raises(Problem, match=r"^--against takes a commit of this repository"):
        revision.extract(commit, tmp_path / "earlier")


def test_a_short_run_loses_no_stream_and_counts_every_token(
    watchdog: Watchdog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    measured = results()
    plan = Plan(streams=[5], rounds=1, seconds=1, starts=1, names=["stream-openai", "padding"])
    (tmp_path / "laid-out").mkdir()
    bench(plan, watchdog, tmp_path / "laid-out", measured)
    for name in plan.names:
        one = measured.of(name, 5)
        assert one is not None
        assert (one.cut_short, one.unfinished, one.tokens, one.tokens_requested) == (0, 0, 100, 100)
        assert min(one.cpu_us, one.added_latency_p99_ms, one.first_token_p50_ms, one.memory_mib) > 0
        assert one.load_cpu_us > 0  # the kernel counts the mock's CPU in steps of 10 ms
        start, burst = measured.start_of(name), measured.burst_of(name)
        assert start is not None
        assert burst is not None
        assert 0 < start.port_open_ms < start.first_token_ms
        assert burst.served == 100
    assert "round 1 of 1, 5 streams, stream-openai: " in capfd.readouterr().err
    assert "| 5 | `stream-openai` |" in tables.report(measured)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the repository, not only its files")
def test_a_run_against_a_commit_measures_both(
    watchdog: Watchdog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    measured = results()
    plan = Plan(streams=[2], rounds=1, seconds=0.1, starts=0, names=["stream-openai"], against="HEAD")
    (tmp_path / "laid-out").mkdir()
    bench(plan, watchdog, tmp_path / "laid-out", measured)
    assert measured.contenders() == ["stream-openai", at("stream-openai", measured.against)]
    assert "over `stream-openai` at " in tables.goals(measured)

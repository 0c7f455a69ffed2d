import math
from itertools import pairwise

import pytest

from .modules import load

pace = load("pace")
Frame = load("frames").Frame

TOKENS = [Frame(b"role"), *[Frame(b"token", 1) for _ in range(200)], Frame(b"end")]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("300ms", 0.3), ("1.5s", 1.5), ("1m30s", 90), ("2", 2), (" 5s ", 5), ("0", 0), ("100µs", 1e-4)],
)
def test_durations_are_gos_or_whole_seconds(text: str, seconds: float) -> None:
    assert pace.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "fast", "5 s", "-1s", "1.5", "s", "٣"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        pace.seconds(text)


def test_settings_change_what_they_name() -> None:
    settings = {"mock_tokens_per_second": "50", "mock_time_to_first_token": "1s", "mock_jitter": "0", "mock_seed": "7"}
    assert pace.from_settings(settings.get, "mock_{}".format, pace.Pace()) == pace.Pace(50, 1, 0, 7)
    assert pace.from_settings({}.get, "mock_{}".format, pace.Pace(1, 2, 0.5)) == pace.Pace(1, 2, 0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tokens_per_second", "-1"),
        ("tokens_per_second", "nan"),
        ("tokens_per_second", "many"),
        ("time_to_first_token", "soon"),
        ("jitter", "1.5"),
        ("seed", "x"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"mock_{name}"):
        pace.from_settings({f"mock_{name}": value}.get, "mock_{}".format, pace.Pace())


def test_a_models_last_word_sets_the_pace() -> None:
    default = pace.Pace()
    assert pace.for_model("mock-fast", default).tokens_per_second == 0
    assert pace.for_model("mock-slow", default).tokens_per_second == 2
    assert pace.for_model("mock-broken-150tps", default).tokens_per_second == 150
    assert pace.for_model("gpt-4o-mini", default) == default


def test_without_jitter_tokens_are_evenly_spaced_after_the_first() -> None:
    due = [due_s for due_s, _ in pace.schedule(TOKENS, pace.Pace(20, 0.3, 0))]
    assert due[:3] == pytest.approx([0.3, 0.3, 0.35])
    assert due[-1] == pytest.approx(0.3 + 199 / 20)


def test_jitter_stays_in_its_fraction_and_is_the_same_at_every_run() -> None:
    first, again, other = ([due_s for due_s, _ in pace.schedule(TOKENS, pace.Pace(), salt)] for salt in (5, 5, 6))
    assert first == again
    assert first != other
    gaps = [later - earlier for earlier, later in pairwise(first[1:-1])]
    assert all(0.05 * 0.8 <= gap <= 0.05 * 1.2 for gap in gaps)
    assert max(gaps) - min(gaps) > 0.01


def test_no_speed_means_no_waiting() -> None:
    assert {due_s for due_s, _ in pace.schedule(TOKENS, pace.for_model("mock-fast", pace.Pace()))} == {0}


def test_a_pause_is_on_top_and_a_document_takes_as_long_as_its_tokens() -> None:
    frames = [Frame(b"document", 21), Frame(b"", pause_s=math.inf)]
    assert [due_s for due_s, _ in pace.schedule(frames, pace.Pace(20, 0.3, 0))] == [pytest.approx(1.3), math.inf]

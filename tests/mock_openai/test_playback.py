import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from .modules import load

playback = load("playback")
Frame = load("frames").Frame


class Clock:
    """Time that passes only by sleeping, and a client that disconnects at this second."""

    def __init__(self, disconnects_at_s: float = math.inf) -> None:
        self.now_s = 0.0
        self.disconnects_at_s = disconnects_at_s

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def is_disconnected(self) -> bool:
        return self.now_s >= self.disconnects_at_s


@pytest.fixture
def calls() -> Any:
    return load("calls").Calls()


def play(monkeypatch: pytest.MonkeyPatch, calls: Any, clock: Clock, *schedule: tuple[float, Any]) -> Iterator[bytes]:
    monkeypatch.setattr(playback, "time", SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    played: Iterator[bytes] = playback.play(schedule, clock.is_disconnected, calls)
    return played


def test_frames_come_when_they_are_due(monkeypatch: pytest.MonkeyPatch, calls: Any) -> None:
    clock = Clock()
    played = play(monkeypatch, calls, clock, (0.3, Frame(b"a", 1)), (0.35, Frame(b"b", 1)), (2.0, Frame(b"c")))
    assert [(data, round(clock.now_s, 6)) for data in played] == [(b"a", 0.3), (b"b", 0.35), (b"c", 2.0)]
    assert calls.report({}, 0)["answers"] == {"open": 0, "finished": 1, "abandoned": 0}
    assert calls.report({}, 0)["tokens_sent"] == 2


def test_a_late_client_does_not_delay_what_follows(monkeypatch: pytest.MonkeyPatch, calls: Any) -> None:
    clock = Clock()
    played = play(monkeypatch, calls, clock, (0.1, Frame(b"a", 1)), (0.2, Frame(b"b", 1)))
    next(played)
    clock.now_s = 5
    next(played)
    assert clock.now_s == 5


def test_silence_ends_soon_after_its_client_disconnects(monkeypatch: pytest.MonkeyPatch, calls: Any) -> None:
    clock = Clock(disconnects_at_s=3)
    played = play(monkeypatch, calls, clock, (0.1, Frame(b"a", 1)), (math.inf, Frame(b"")), (math.inf, Frame(b"b")))
    assert list(played) == [b"a"]
    assert 3 <= clock.now_s <= 3.2
    assert calls.report({}, 0)["answers"] == {"open": 0, "finished": 0, "abandoned": 1}


def test_silence_ends_without_a_client_that_disconnects_too(monkeypatch: pytest.MonkeyPatch, calls: Any) -> None:
    clock = Clock()
    assert list(play(monkeypatch, calls, clock, (math.inf, Frame(b"")))) == []
    assert clock.now_s == pytest.approx(600)


def test_an_answer_closed_early_is_abandoned(monkeypatch: pytest.MonkeyPatch, calls: Any) -> None:
    played: Any = play(monkeypatch, calls, Clock(), (0.1, Frame(b"a", 1)), (0.2, Frame(b"b", 1)))
    next(played)
    assert calls.report({}, 0)["answers"]["open"] == 1
    played.close()
    assert calls.report({}, 0)["answers"] == {"open": 0, "finished": 0, "abandoned": 1}

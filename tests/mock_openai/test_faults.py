import math
from typing import Any

import pytest

from .modules import load

faults = load("faults")
frames = load("frames")
ApiError = load("errors").ApiError
Fault, Frame = faults.Fault, frames.Frame

ANSWER = [Frame(b"role"), *[Frame(b"t%d" % n, 1) for n in range(8)], Frame(b"finish"), frames.DONE]


def failure(is_event: bool, position: int) -> list[Any]:
    return [Frame(b"event" if is_event else b"chunk"), Frame(b"at %d" % position)]


def spoiled(fault: Any, answer: list[Any] = ANSWER) -> list[bytes]:
    return [frame.data for frame in faults.disturb(answer, fault, failure)]


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("mock", Fault()),
        ("mock-fast", Fault()),
        ("gpt-4o-mini", Fault()),
        ("mock-429", Fault("429")),
        ("mock-429-30", Fault("429", 30)),
        ("mock-broken-3-fast", Fault("broken", 3)),
        ("mock-silence-first-100tps", Fault("silence-first")),
        ("gpt-broken", Fault()),
        ("mock-whatever", Fault()),
    ],
)
def test_a_models_name_asks_for_its_fault(model: str, fault: Any) -> None:
    assert faults.from_model(model) == fault


def test_the_header_takes_the_same_words_and_refuses_others() -> None:
    assert faults.from_header(None) is None
    assert faults.from_header("429-2") == Fault("429", 2)
    assert faults.from_header(" Mock-Silence ") == Fault("silence")
    with pytest.raises(ApiError, match="expected one of 400"):
        faults.from_header("fire")


def test_a_status_is_raised_with_retry_after_if_it_is_429_or_503() -> None:
    for fault, headers in [(Fault("429"), "7"), (Fault("429", 30), "30"), (Fault("500"), None)]:
        with pytest.raises(ApiError) as caught:
            faults.raise_status(fault, is_stream=True)
        assert str(caught.value.status) == fault.name
        assert caught.value.headers.get("Retry-After") == headers


def test_without_a_stream_an_error_in_mid_stream_is_a_500() -> None:
    with pytest.raises(ApiError) as caught:
        faults.raise_status(Fault("error-event"), is_stream=False)
    assert caught.value.status == 500
    faults.raise_status(Fault("error-event"), is_stream=True)
    faults.raise_status(Fault("broken"), is_stream=False)


def test_no_fault_changes_nothing() -> None:
    assert spoiled(Fault()) == [frame.data for frame in ANSWER]


def test_a_cut_comes_after_five_tokens_or_as_many_as_asked_for() -> None:
    assert spoiled(Fault("truncated")) == [b"role", b"t0", b"t1", b"t2", b"t3", b"t4"]
    assert spoiled(Fault("broken", 2)) == [b"role", b"t0", b"t1"]
    assert spoiled(Fault("broken", 0)) == []


def test_a_cut_comes_at_the_end_of_a_shorter_answer() -> None:
    assert spoiled(Fault("truncated", 99)) == [frame.data for frame in ANSWER[:-2]]
    assert spoiled(Fault("truncated"), [Frame(b"role"), Frame(b"finish"), frames.DONE]) == [b"role", b"finish"]


def test_an_error_replaces_the_remaining_frames() -> None:
    assert spoiled(Fault("error-midstream", 1)) == [b"role", b"t0", b"chunk", b"at 2"]
    assert spoiled(Fault("error-event", 1)) == [b"role", b"t0", b"event", b"at 2"]


def test_silence_is_an_endless_pause() -> None:
    last = list(faults.disturb(ANSWER, Fault("silence", 1), failure))[-1]
    assert (last.data, last.pause_s) == (b"", math.inf)
    first = next(faults.disturb(ANSWER, Fault("silence-first"), failure))
    assert (first.data, first.pause_s) == (b"", math.inf)


def test_no_done_leaves_out_the_end_marker_alone() -> None:
    assert spoiled(Fault("no-done")) == [frame.data for frame in ANSWER[:-1]]


def test_a_document_is_cut_in_half_or_held_back() -> None:
    def document(name: str) -> tuple[bytes, float]:
        (frame,) = faults.disturb_document(b"12345678", 4, Fault(name))
        return frame.data, frame.pause_s

    assert document("truncated") == document("broken") == (b"1234", 0)
    assert document("silence") == document("silence-first") == (b"", math.inf)
    assert document("no-done") == (b"12345678", 0)

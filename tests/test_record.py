"""The log line of an answer."""

import json

from faas_stream.errors import FAILURES
from faas_stream.record import OUTCOMES, line

FACTS = {
    "call_id": "c", "function": "f", "status": 200, "outcome": "complete", "opened": 1.0, "ended": 3.5,
    "first_item": 1.25, "events": 7, "finish_reason": "stop", "usage": {"total_tokens": 8},
}  # fmt: skip


def test_it_is_one_line_of_json() -> None:
    written = line(**FACTS)  # type: ignore[arg-type]
    assert "\n" not in written
    assert json.loads(written) == {
        "call_id": "c", "function": "f", "status": 200, "outcome": "complete", "time_to_first_item_s": 0.25,
        "duration_s": 2.5, "events": 7, "finish_reason": "stop", "usage": {"total_tokens": 8},
    }  # fmt: skip


def test_it_never_reaches_the_length_that_wedges_the_watchdog() -> None:
    huge = "x\n" * 100_000
    facts = {**FACTS, "call_id": huge, "outcome": huge, "finish_reason": huge, "usage": {"a": huge}}
    assert len(line(**facts)) < 60_000  # type: ignore[arg-type]


def test_every_failure_of_the_templates_own_is_a_documented_outcome() -> None:
    assert set(FAILURES) <= set(OUTCOMES)

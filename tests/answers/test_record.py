"""The record of an answer, and its log line."""

import json
from typing import Any

import pytest

from faas_stream.answers.record import OUTCOMES, Record
from faas_stream.errors import FAILURES

FACTS: dict[str, Any] = {
    "call_id": "c",
    "function": "f",
    "status": 200,
    "outcome": "complete",
    "time_to_first_item_s": 0.25,
    "duration_s": 2.5,
    "events": 7,
    "finish_reason": "stop",
    "usage": {"total_tokens": 8},
}


def test_the_line_is_one_line_of_json() -> None:
    line = Record(**FACTS).line("1.0.0")
    assert "\n" not in line
    assert json.loads(line) == {**FACTS, "version": "1.0.0"}


def test_what_upstream_said_is_in_the_line_and_what_the_model_said_is_not() -> None:
    record = Record(
        **FACTS, text="of-the-answer", tool_calls=[{"name": "of-the-answer"}], upstream={"upstream_code": "rate_limit"}
    )
    line = record.line("1.0.0")
    assert json.loads(line)["upstream_code"] == "rate_limit"
    assert "of-the-answer" not in line


def test_the_line_never_reaches_the_length_that_wedges_the_watchdog() -> None:
    huge = "x\n" * 100_000
    facts = {**FACTS, "call_id": huge, "function": huge, "outcome": huge, "finish_reason": huge, "usage": {"a": huge}}
    assert len(Record(**facts).line("1.0.0")) < 60_000


def test_a_finish_reason_that_could_quote_a_prompt_is_not_logged() -> None:
    line = Record(**{**FACTS, "finish_reason": "stopped because of: my secret plan"}).line("1.0.0")
    assert json.loads(line)["finish_reason"] is None


def test_usage_that_is_not_json_does_not_lose_the_line() -> None:
    assert json.loads(Record(**{**FACTS, "usage": {"a": object()}}).line("1.0.0"))["call_id"] == "c"


def test_every_failure_of_the_templates_own_is_a_documented_outcome() -> None:
    assert set(FAILURES) <= set(OUTCOMES)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Record(**FACTS).status = 500  # type: ignore[misc]

"""The tokens of a run are counted once per message, however a provider counts them."""

from typing import Any

import pytest

from faas_stream.sources.usage import RunUsage


def usage(prompt: int, completion: int, **details: int) -> dict[str, Any]:
    counts = {"input_tokens": prompt, "output_tokens": completion, "total_tokens": prompt + completion}
    return {**counts, "details": details}


@pytest.mark.parametrize(
    ("counts", "total"),
    [
        ([("1", usage(3, 5))], usage(3, 5)),
        ([("1", usage(3, 5, cached=1)), ("2", usage(4, 6, cached=2))], usage(7, 11, cached=3)),
        ([("1", usage(3, 1)), ("1", usage(3, 2)), ("1", usage(3, 5))], usage(3, 5)),  # repeated, as it grows
        ([("1", usage(3, 0)), ("1", usage(0, 2)), ("1", usage(0, 3))], usage(3, 5)),  # in pieces
        ([("1", usage(3, 5)), ("2", usage(4, 1)), ("1", usage(3, 5)), ("2", usage(4, 6))], usage(7, 11)),
        ([("1", usage(3, 5)), ("2", {"input_tokens": 1, "output_tokens": None})], usage(4, 5) | {"total_tokens": 8}),
    ],
)
def test_the_usage_of_a_run_counts_each_message_once(counts: list[tuple[str, Any]], total: dict[str, Any]) -> None:
    run = RunUsage()
    *_, last = [run.add(id, count) for id, count in counts]
    assert last == total
